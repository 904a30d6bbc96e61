//! What a program has to compile for its security: the first one of README.md beside one of plain axum.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

/// Each crate is built, and may be read and updated, by everyone who uses this library.
const MOST: usize = 60;

const PLAIN: &str = r#"
axum = "0.8"
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
"#;

/// The dependencies that README.md tells a project of one's own to have.
fn of_the_readme() -> String {
    let readme = include_str!("../README.md");
    let (_, from) = readme.split_once("```toml\n[dependencies]\n").expect("README.md lists the dependencies");
    let (dependencies, _) = from.split_once("```").unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("auth-runtime");
    let ours = dependencies.replace("../auth-runtime/auth-runtime", here.to_str().unwrap());
    assert_ne!(ours, dependencies, "README.md says where this library is");
    ours
}

/// Every crate that a program with these dependencies compiles, in the versions of this repository.
fn crates_of(name: &str, dependencies: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(folder.join("src")).unwrap();
    let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n");
    fs::write(folder.join("Cargo.toml"), package + dependencies).unwrap();
    fs::write(folder.join("src/main.rs"), "fn main() {}\n").unwrap();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal,build", "--prefix", "none"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).unwrap();
    let crates = lines.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
    crates.filter(|one| !one.is_empty() && !one.starts_with(&format!("{name} "))).collect()
}

#[test]
fn the_first_program_compiles_few_crates_more_than_plain_axum() {
    let plain = crates_of("plain", PLAIN);
    let more: Vec<String> = crates_of("first", &of_the_readme()).difference(&plain).cloned().collect();
    assert!(more.iter().any(|one| one.starts_with("auth-runtime ")), "these are not the crates: {more:?}");
    println!("{} crates more than plain axum", more.len());
    assert!(
        more.len() <= MOST,
        "the first program of README.md compiles {} crates more than plain axum, and should not compile more than {MOST}:\n{}",
        more.len(),
        more.join("\n")
    );
}
