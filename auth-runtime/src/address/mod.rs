//! Where a request comes from, behind proxies or not.

mod proxies;

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

pub use self::proxies::ForwardedHeader;
pub(crate) use self::proxies::TrustedProxies;
use crate::auth::AuthState;

/// The address that a request comes from, as far as it is known: what limits on guessing are held to.
///
/// It is that of the connection, which `serve` knows and which an application that serves otherwise has by
/// `into_make_service_with_connect_info::<SocketAddr>()`; or, where the connection is that of a
/// [trusted proxy](crate::AuthBuilder::trusted_proxies), the one that the proxy says. An application that knows better puts a
/// `ClientAddress` into the extensions of its requests. It is an argument of any handler:
///
/// ```
/// use auth_runtime::{ClientAddress, prelude::*};
///
/// #[get("/address")]
/// #[public]
/// async fn address(address: ClientAddress) -> String {
///     address.ip().map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
/// }
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password, always_active)]
/// # struct User { #[auth(username)] name: String }
/// # fn app(auth: Auth<User>) -> SecureRouter { SecureRouter::new().mount(address).with_state(auth) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientAddress {
    ip: Option<IpAddr>,
    /// Whether it is perhaps that of a proxy, behind which everybody has it.
    shared: bool,
}

impl ClientAddress {
    /// An address that is not known. All such share their limits.
    pub const UNKNOWN: Self = Self { ip: None, shared: false };

    /// The address, if it is known.
    #[must_use]
    pub fn ip(self) -> Option<IpAddr> {
        self.ip
    }

    /// Whether it may be everybody's: the request was forwarded, and nobody said by whom.
    pub(crate) fn is_shared(self) -> bool {
        self.shared
    }

    /// Those who share a limit: an IPv4 address, or an IPv6 network of 64 bits, in which everybody chooses addresses freely.
    pub(crate) fn network(self) -> Option<String> {
        self.ip.map(|ip| match ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }

    /// The IPv6 network of 48 bits around that one: what one customer of a provider has, with 65,536 networks within.
    pub(crate) fn site(self) -> Option<String> {
        match self.ip {
            Some(IpAddr::V6(ip)) => {
                let [a, b, c, ..] = ip.segments();
                Some(format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
            }
            _ => None,
        }
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(ip: IpAddr) -> Self {
        // An IPv4 address within IPv6 is that address.
        Self { ip: Some(ip.to_canonical()), shared: false }
    }
}

impl<S: AuthState> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(state.auth().client_address(parts))
    }
}

/// What says that somebody forwarded a request.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// The address of a request's sender.
pub(crate) fn of(parts: &Parts, proxies: Option<&TrustedProxies>) -> ClientAddress {
    if let Some(address) = parts.extensions.get::<ClientAddress>() {
        return *address;
    }
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return ClientAddress::UNKNOWN;
    };
    let (peer, headers) = (peer.ip().to_canonical(), &parts.headers);
    // What somebody forwarded who was not expected to, or not in this way, may have come from anybody.
    let of_peer = || ClientAddress { shared: FORWARDED.iter().any(|name| headers.contains_key(*name)), ..peer.into() };
    match proxies {
        None => of_peer(),
        Some(proxies) if !proxies.trusts(peer) => peer.into(),
        Some(proxies) if !proxies.spoke(headers) => of_peer(),
        Some(proxies) => proxies.client(peer, headers),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_was_forwarded_by_nobody_known_may_be_everybodys() {
        let shared = |proxies: Option<(ForwardedHeader, &str)>, headers: &[&'static str]| {
            let proxies = proxies.map(|(header, network)| TrustedProxies::new(header, [network]).unwrap());
            let mut request = axum::http::Request::new(());
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4711))));
            for name in headers {
                request.headers_mut().insert(*name, HeaderValue::from_static("203.0.113.1"));
            }
            of(&request.into_parts().0, proxies.as_ref()).is_shared()
        };
        assert!(!shared(None, &[]));
        for name in FORWARDED {
            assert!(shared(None, &[name]), "{name}");
        }
        let xff = |network| Some((ForwardedHeader::XForwardedFor, network));
        assert!(!shared(xff("10.0.0.0/8"), &[]), "the proxy itself");
        assert!(!shared(xff("10.0.0.0/8"), &["x-forwarded-for", "x-real-ip"]));
        assert!(shared(xff("10.0.0.0/8"), &["forwarded"]), "a proxy that says it otherwise");
        assert!(!shared(xff("192.0.2.1"), &["x-forwarded-for"]), "a stranger's word is no proxy's");
        assert!(!shared(xff("192.0.2.1"), &["forwarded"]));
    }

    #[test]
    fn the_address_is_that_of_the_connection_unless_a_proxy_or_the_application_says_another() {
        let proxies = TrustedProxies::new(ForwardedHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
        let request = axum::http::Request::builder().header("x-forwarded-for", "203.0.113.1").body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        let is = |ip: &str| ip.parse().ok();
        assert_eq!(of(&parts, Some(&proxies)), ClientAddress::UNKNOWN);
        parts.extensions.insert(ConnectInfo("10.0.0.1:4711".parse::<SocketAddr>().unwrap()));
        assert_eq!(of(&parts, None).ip(), is("10.0.0.1"));
        assert_eq!(of(&parts, Some(&proxies)).ip(), is("203.0.113.1"));
        parts.extensions.insert(ConnectInfo("[::ffff:10.0.0.1]:4711".parse::<SocketAddr>().unwrap()));
        assert_eq!(of(&parts, None).ip(), is("10.0.0.1"));
        assert_eq!(of(&parts, Some(&proxies)).ip(), is("203.0.113.1"));
        parts.extensions.insert(ClientAddress::from("192.0.2.7".parse::<IpAddr>().unwrap()));
        assert_eq!(of(&parts, Some(&proxies)).ip(), is("192.0.2.7"));
    }

    #[test]
    fn a_network_shares_its_limits() {
        let network = |ip: &str| ClientAddress::from(ip.parse::<IpAddr>().unwrap()).network().unwrap();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_eq!(ClientAddress::UNKNOWN.network(), None);
        let site = |ip: &str| ClientAddress::from(ip.parse::<IpAddr>().unwrap()).site();
        assert_eq!(site("2001:db8:1:2::1"), site("2001:db8:1:ffff::1"));
        assert_ne!(site("2001:db8:1:2::1"), site("2001:db8:2:2::1"));
        assert_eq!((site("192.0.2.1"), site("::ffff:192.0.2.1"), ClientAddress::UNKNOWN.site()), (None, None, None));
    }
}
