//! Where a request comes from, behind proxies or not.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

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

/// The header in which a proxy says for whom it asks. Each proxy knows one of them, and hands the other on as it came: from
/// whoever wants to be taken for somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

/// What says that somebody forwarded a request.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// The proxies whose word is taken.
#[derive(Debug, Clone)]
pub(crate) struct TrustedProxies {
    header: ForwardedHeader,
    networks: Vec<Network>,
}

impl TrustedProxies {
    /// The first text that is no network is the error.
    pub(crate) fn new<T: AsRef<str>>(
        header: ForwardedHeader,
        networks: impl IntoIterator<Item = T>,
    ) -> Result<Self, String> {
        let parse = |text: T| Network::parse(text.as_ref()).ok_or_else(|| text.as_ref().to_owned());
        Ok(Self { header, networks: networks.into_iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// Whether a proxy of these said for whom it asks, if not as was expected of it.
    fn spoke_otherwise(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        self.trusts(peer) && !headers.contains_key(self.header.name())
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(ip))
    }

    /// The last address that none of the proxies has. Each of them adds whom it heard from at the end; what is before that is
    /// anybody's word.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        if !self.trusts(peer) {
            return peer.into();
        }
        let mut nearest = peer;
        for value in headers.get_all(self.header.name()).iter().rev() {
            let Ok(value) = value.to_str() else { return ClientAddress::UNKNOWN };
            let elements = match self.header {
                ForwardedHeader::XForwardedFor => value.split(',').collect(),
                ForwardedHeader::Forwarded => split(value, ','),
            };
            for element in elements.into_iter().rev() {
                let said = match self.header {
                    ForwardedHeader::XForwardedFor => node(element),
                    ForwardedHeader::Forwarded => forwarded_for(element).and_then(node),
                };
                match said {
                    None => return ClientAddress::UNKNOWN,
                    Some(ip) if !self.trusts(ip) => return ip.into(),
                    Some(ip) => nearest = ip,
                }
            }
        }
        nearest.into()
    }
}

/// The address of a request's sender.
pub(crate) fn of(parts: &Parts, proxies: Option<&TrustedProxies>) -> ClientAddress {
    if let Some(address) = parts.extensions.get::<ClientAddress>() {
        return *address;
    }
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return ClientAddress::UNKNOWN;
    };
    let (peer, headers) = (peer.ip().to_canonical(), &parts.headers);
    let unheard = proxies.is_none_or(|proxies| proxies.spoke_otherwise(peer, headers));
    let address = proxies.map_or_else(|| peer.into(), |proxies| proxies.client(peer, headers));
    ClientAddress { shared: unheard && FORWARDED.iter().any(|name| headers.contains_key(*name)), ..address }
}

/// The parts of a text (RFC 9110 section 5.6.1): a separator within quotes separates nothing.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|character| {
        let was_escaped = std::mem::take(&mut escaped);
        match character {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        character == separator && !quoted
    })
    .collect()
}

/// The `for` of one element of `Forwarded`; none where there are two.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut found = split(element, ';').into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    });
    match (found.next(), found.next()) {
        (Some(value), None) => Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)),
        _ => None,
    }
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let ip = text.parse::<IpAddr>().ok();
    let ip = ip.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    ip.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
        .map(|ip| ip.to_canonical())
}

/// An address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Network {
    ip: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (ip, prefix) = match text.split_once('/') {
            None => (text.parse::<IpAddr>().ok()?, None),
            Some((ip, prefix)) => (ip.parse::<IpAddr>().ok()?, Some(prefix.parse::<u32>().ok()?)),
        };
        let longest = if ip.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        let network = Self { ip, prefix };
        // Bits beyond the prefix are a mistake: nobody means 10.1.0.0/8.
        (prefix <= longest && network.masked(ip) == Some(bits(ip))).then_some(network)
    }

    /// An address without what is beyond the prefix; `None` for one of the other family.
    fn masked(self, ip: IpAddr) -> Option<u128> {
        let (longest, same) = if self.ip.is_ipv4() { (32, ip.is_ipv4()) } else { (128, ip.is_ipv6()) };
        let beyond = longest - self.prefix;
        same.then(|| bits(ip).checked_shr(beyond).and_then(|bits| bits.checked_shl(beyond)).unwrap_or(0))
    }

    fn holds(self, ip: IpAddr) -> bool {
        self.masked(ip) == Some(bits(self.ip))
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn client(header: ForwardedHeader, peer: &str, values: &[&str]) -> Option<String> {
        let proxies = TrustedProxies::new(header, ["10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1"]).unwrap();
        let name = HeaderName::from_static(header.name());
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&name, HeaderValue::from_str(value).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).ip().map(|ip| ip.to_string())
    }

    #[test]
    fn only_what_a_trusted_proxy_added_is_believed() {
        let xff = |peer, values: &[&str]| client(ForwardedHeader::XForwardedFor, peer, values);
        let is = |ip: &str| Some(ip.to_owned());
        assert_eq!(xff("198.51.100.7", &["203.0.113.1"]), is("198.51.100.7"), "a stranger's word");
        assert_eq!(xff("10.0.0.1", &["203.0.113.1"]), is("203.0.113.1"));
        assert_eq!(xff("10.0.0.1", &["1.1.1.1, 203.0.113.1"]), is("203.0.113.1"), "what the client sent itself");
        assert_eq!(xff("10.0.0.1", &["1.1.1.1", "203.0.113.1, 10.9.9.9"]), is("203.0.113.1"), "two proxies, two lines");
        assert_eq!(xff("10.0.0.1", &["203.0.113.1:4711"]), is("203.0.113.1"));
        assert_eq!(xff("10.0.0.1", &["[2001:db8:2::1]:4711"]), is("2001:db8:2::1"));
        assert_eq!(xff("10.0.0.1", &["::ffff:203.0.113.1"]), is("203.0.113.1"));
        assert_eq!(xff("2001:db8:1::5", &["203.0.113.1"]), is("203.0.113.1"));
        assert_eq!(xff("10.0.0.1", &[]), is("10.0.0.1"), "the proxy itself");
        assert_eq!(xff("10.0.0.1", &["10.2.3.4, 10.5.6.7"]), is("10.2.3.4"), "a machine of our own");
        for garbage in ["unknown", "", "203.0.113.1 ; x", "999.1.1.1", "1.1.1.1,, ", "1.1.1.1, _hidden"] {
            assert_eq!(xff("10.0.0.1", &[garbage]), None, "{garbage:?}");
        }
    }

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
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let forwarded = |values: &[&str]| client(ForwardedHeader::Forwarded, "127.0.0.1", values);
        let is = |ip: &str| Some(ip.to_owned());
        assert_eq!(forwarded(&["for=192.0.2.60;proto=http;by=203.0.113.43"]), is("192.0.2.60"));
        assert_eq!(forwarded(&["For=\"[2001:db8:cafe::17]:4711\""]), is("2001:db8:cafe::17"));
        assert_eq!(forwarded(&["for=192.0.2.43, for=198.51.100.17"]), is("198.51.100.17"));
        assert_eq!(forwarded(&["by=\"a,b;for=1.1.1.1\";for=192.0.2.60"]), is("192.0.2.60"), "quotes hide nothing");
        for garbage in ["for=unknown", "for=_hidden", "proto=https", "for=192.0.2.1;for=192.0.2.2", "\"for=192.0.2.1"] {
            assert_eq!(forwarded(&[garbage]), None, "{garbage:?}");
        }
        let other_header = client(ForwardedHeader::Forwarded, "127.0.0.1", &[]);
        assert_eq!(other_header, is("127.0.0.1"));
    }

    #[test]
    fn networks_are_read_strictly() {
        for network in ["10.0.0.0/8", "192.0.2.1", "0.0.0.0/0", "::/0", "2001:db8::/32", "::1/128"] {
            assert!(Network::parse(network).is_some(), "{network}");
        }
        for network in ["10.1.0.0/8", "10.0.0.0/33", "::1/64", "localhost", "", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8"]
        {
            assert!(Network::parse(network).is_none(), "{network}");
        }
        let holds = |network: &str, ip: &str| Network::parse(network).unwrap().holds(ip.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("0.0.0.0/0", "203.0.113.1") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1") && !holds("2001:db8::/32", "2001:db9::1"));
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
