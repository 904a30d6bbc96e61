//! The documentation page in a real browser: Authorize, Try it out, log out.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::{
    process::{Example, Scratch},
    simple_oauth2,
};

/// Chromium's driver, stopped when dropped.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is not installed: use tests/run");
        let url = format!("http://127.0.0.1:{port}");
        for _ in 0..600 {
            if reqwest::get(format!("{url}/status")).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Self { child, url }
    }

    async fn open(&self, scratch: &Scratch) -> Client {
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,1000",
        ];
        let profile = format!("--user-data-dir={}", scratch.0.join("profile").display());
        let arguments: Vec<&str> = arguments.into_iter().chain([profile.as_str()]).collect();
        let options = json!({"goog:chromeOptions": {"args": arguments}});
        ClientBuilder::new(HttpConnector::new())
            .capabilities(options.as_object().unwrap().clone())
            .connect(&self.url)
            .await
            .expect("no browser")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page of Swagger UI.
struct Page(Client);

impl Page {
    async fn click(&self, css: &str) {
        let element = self.wait(css).await;
        element.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    async fn fill(&self, css: &str, text: &str) {
        self.wait(css).await.send_keys(text).await.unwrap();
    }

    async fn wait(&self, css: &str) -> fantoccini::elements::Element {
        self.0
            .wait()
            .at_most(Duration::from_secs(60))
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    async fn button(&self, text: &str) {
        let xpath = format!("//button[normalize-space()='{text}']");
        let element = self.0.wait().at_most(Duration::from_secs(60)).for_element(Locator::XPath(&xpath)).await;
        element.unwrap_or_else(|error| panic!("{text}: {error}")).click().await.unwrap();
    }

    async fn log_in(&self, username: &str, password: &str) {
        self.click(".btn.authorize").await;
        self.fill("#oauth_username", username).await;
        self.fill("#oauth_password", password).await;
        if username == "johndoe" {
            self.save_picture("AUTH_TESTS_PICTURE").await;
        }
        self.click(".auth-btn-wrapper .authorize").await;
        self.wait(".auth-btn-wrapper .btn-done").await;
        // The dialog offers to log out once the server has granted a token.
        let offered = "//div[contains(@class,'auth-btn-wrapper')]/button[normalize-space()='Logout']";
        self.0.wait().at_most(Duration::from_secs(60)).for_element(Locator::XPath(offered)).await.expect("no token");
        self.click(".auth-btn-wrapper .btn-done").await;
    }

    async fn log_out(&self) {
        self.click(".btn.authorize").await;
        self.button("Logout").await;
        self.click(".auth-btn-wrapper .btn-done").await;
    }

    /// Executes the operation, and reads status and body off the page.
    async fn execute(&self) -> (String, String) {
        self.click(".btn.execute").await;
        self.wait(".live-responses-table .response .response-col_status").await;
        let status = self.wait(".live-responses-table .response .response-col_status").await.text().await.unwrap();
        let body = self.wait(".live-responses-table .response .response-col_description").await.text().await.unwrap();
        self.button("Clear").await;
        (status.lines().next().unwrap_or_default().trim().to_owned(), body)
    }

    /// Saves a picture where the variable says; the one in the README is made so.
    async fn save_picture(&self, variable: &str) {
        if let Ok(path) = std::env::var(variable) {
            std::fs::write(path, self.0.screenshot().await.unwrap()).unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "needs Chromium and its driver: tests/run"]
async fn authorize_try_it_out_and_log_out() {
    let scratch = Scratch::new();
    let example = Example::start(simple_oauth2::PROGRAM, &scratch);
    let driver = Driver::start().await;
    let client = driver.open(&scratch).await;
    client.goto(&example.server.url("/docs")).await.unwrap();
    let page = Page(client);

    page.log_in("johndoe", "secret").await;
    page.click("[id$='read_users_me'] .opblock-summary-control").await;
    page.button("Try it out").await;
    let (status, body) = page.execute().await;
    assert_eq!(status, "200", "{body}");
    assert!(body.contains("\"full_name\": \"John Doe\""), "{body}");
    assert!(!body.contains("hashed_password"), "{body}");

    page.log_out().await;
    let (status, body) = page.execute().await;
    assert_eq!(status, "401", "{body}");
    assert!(body.contains("Not authenticated"), "{body}");

    page.log_in("alice", "secret2").await;
    let (status, body) = page.execute().await;
    assert_eq!(status, "400", "{body}");
    assert!(body.contains("Inactive user"), "{body}");
    page.0.close().await.unwrap();
}

/// The login page, in a browser that keeps cookies and sends them by its own rules.
#[tokio::test]
#[ignore = "needs a browser: use tests/run"]
async fn a_session_in_a_cookie() {
    let scratch = Scratch::new();
    let example = Example::start(env!("CARGO_BIN_EXE_login_page"), &scratch);
    let port = example.server.address.port();
    let here = |path: &str| format!("http://localhost:{port}{path}");
    let driver = Driver::start().await;
    let browser = driver.open(&scratch).await;
    let page = Page(browser.clone());
    let text = async |css: &str| page.wait(css).await.text().await.unwrap();
    let at = async || browser.current_url().await.unwrap().to_string();

    // Not logged in: to the login page, and from there back.
    browser.goto(&here("/notes")).await.unwrap();
    assert_eq!(at().await, here("/login?next=/notes"));
    page.fill("[name=username]", "johndoe").await;
    page.fill("[name=password]", "wrong").await;
    page.click("#login").await;
    assert_eq!(text("#problem").await, "The username or the password is wrong.");
    page.fill("[name=username]", "johndoe").await;
    page.fill("[name=password]", "secret").await;
    page.click("#login").await;
    assert_eq!(text("#who").await, "johndoe");
    assert_eq!(at().await, here("/notes"));

    // The cookie is there, and out of reach of scripts.
    let cookie = browser.get_named_cookie("__Host-session").await.unwrap();
    assert_eq!((cookie.http_only(), cookie.secure(), cookie.path()), (Some(true), Some(true), Some("/")));
    let seen = browser.execute("return document.cookie", Vec::new()).await.unwrap();
    assert_eq!(seen, json!(""));

    page.fill("[name=note]", "<b>milk</b>").await;
    page.click("#add").await;
    assert_eq!(text("#notes li").await, "<b>milk</b>");

    // A page of another site, which is another host to the browser, posts the same form: the browser says where it comes from.
    let evil = format!(
        "data:text/html,<form method=post action=\"{}\"><input name=note value=forged><button id=go>x</button></form>",
        here("/notes")
    );
    browser.goto(&evil).await.unwrap();
    page.click("#go").await;
    browser.goto(&here("/notes")).await.unwrap();
    assert_eq!(text("#who").await, "johndoe", "the session goes on");
    assert_eq!(text("#notes").await, "<b>milk</b>", "and nothing was forged in it");

    page.click("#logout").await;
    page.wait("#login").await;
    assert!(browser.get_named_cookie("__Host-session").await.is_err(), "the cookie is gone");
    browser.goto(&here("/notes")).await.unwrap();
    assert_eq!(at().await, here("/login?next=/notes"));
    browser.goto(&here("/")).await.unwrap();
    assert_eq!(text("#who").await, "nobody");
    browser.close().await.unwrap();
}
