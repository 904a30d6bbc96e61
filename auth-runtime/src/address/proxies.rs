//! The proxies in front of an application, and what they say of whom they ask for.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::http::HeaderMap;

use super::ClientAddress;

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

    /// Whether a proxy said for whom it asks, in the header in which these do.
    pub(super) fn spoke(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(self.header.name())
    }

    pub(super) fn trusts(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(ip))
    }

    /// The last address that none of the proxies has. Each of them adds whom it heard from at the end; what is before that is
    /// anybody's word.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        if !self.trusts(peer) {
            return peer.into();
        }
        let mut nearest = peer;
        for value in headers.get_all(self.header.name()).iter().rev() {
            // What a client sent before it may be no text at all. It is not to make unknown what the proxy added.
            let value = String::from_utf8_lossy(value.as_bytes());
            let elements = match self.header {
                ForwardedHeader::XForwardedFor => Some(value.split(',').map(Some).collect()),
                ForwardedHeader::Forwarded => forwarded(&value),
            };
            let Some(elements) = elements else { return ClientAddress::UNKNOWN };
            for element in elements.into_iter().rev() {
                match element.and_then(node) {
                    None => return ClientAddress::UNKNOWN,
                    Some(ip) if !self.trusts(ip) => return ip.into(),
                    Some(ip) => nearest = ip,
                }
            }
        }
        nearest.into()
    }
}

/// The `for` of each element of a `Forwarded` (RFC 7239 section 4), where it has one. `None` for a text that does not have that
/// syntax: a client that leaves a quote open would swallow what the proxy adds.
fn forwarded(text: &str) -> Option<Vec<Option<&str>>> {
    let mut elements = vec![None];
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(';') {
            rest = after.trim_start();
        } else if let Some(after) = rest.strip_prefix(',') {
            elements.push(None);
            rest = after.trim_start();
        } else {
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value(after)?;
            if !is_token(name) {
                return None;
            }
            // With two of them, which one counts would be a guess.
            if name.eq_ignore_ascii_case("for") && elements.last_mut()?.replace(value).is_some() {
                return None;
            }
            rest = after.trim_start();
            if !(rest.is_empty() || rest.starts_with([';', ','])) {
                return None;
            }
        }
    }
    Some(elements)
}

/// A value, in quotes or not, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',', '"', ' ', '\t']).unwrap_or(text.len());
        return text.split_at_checked(end);
    };
    let mut escaped = false;
    for (at, character) in quoted.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let (value, after) = quoted.split_at_checked(at)?;
                return Some((value, after.strip_prefix('"')?));
            }
            _ => {}
        }
    }
    None
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
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
            // As Latin-1, of which the upper half is no UTF-8.
            let bytes: Vec<u8> = value.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect();
            headers.append(&name, HeaderValue::from_bytes(&bytes).unwrap());
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
        assert_eq!(xff("10.0.0.1", &["\u{ff}\u{e4}, 203.0.113.1"]), is("203.0.113.1"), "no text before it");
        assert_eq!(xff("10.0.0.1", &["1.1.1.1\u{ff}"]), None, "no text where the proxy writes");
        assert_eq!(xff("10.0.0.1", &[]), is("10.0.0.1"), "the proxy itself");
        assert_eq!(xff("10.0.0.1", &["10.2.3.4, 10.5.6.7"]), is("10.2.3.4"), "a machine of our own");
        for garbage in ["unknown", "", "203.0.113.1 ; x", "999.1.1.1", "1.1.1.1,, ", "1.1.1.1, _hidden"] {
            assert_eq!(xff("10.0.0.1", &[garbage]), None, "{garbage:?}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let forwarded = |values: &[&str]| client(ForwardedHeader::Forwarded, "127.0.0.1", values);
        let is = |ip: &str| Some(ip.to_owned());
        assert_eq!(forwarded(&["for=192.0.2.60;proto=http;by=203.0.113.43"]), is("192.0.2.60"));
        assert_eq!(forwarded(&["For=\"[2001:db8:cafe::17]:4711\""]), is("2001:db8:cafe::17"));
        assert_eq!(forwarded(&["for=192.0.2.43, for=198.51.100.17"]), is("198.51.100.17"));
        assert_eq!(forwarded(&["by=\"a,b;for=1.1.1.1\";for=192.0.2.60"]), is("192.0.2.60"), "quotes hide nothing");
        assert_eq!(forwarded(&["for=1.1.1.1 , ; by=_x ; For=192.0.2.60;"]), is("192.0.2.60"), "blanks and empty parts");
        assert_eq!(forwarded(&["for=1.1.1.1;x=\"", "for=192.0.2.60"]), is("192.0.2.60"), "each line by itself");
        assert_eq!(forwarded(&["for=1.1.1.1;x=\"a\\\", for=2.2.2.2\", for=192.0.2.60"]), is("192.0.2.60"), "escaped");
        assert_eq!(forwarded(&["for=\u{ff}, for=192.0.2.60"]), is("192.0.2.60"), "no text before it");
        for garbage in [
            "for=unknown",
            "for=_hidden",
            "proto=https",
            "for=192.0.2.1;for=192.0.2.2",
            "\"for=192.0.2.1",
            "for",
            "=192.0.2.1",
            "f or=192.0.2.1",
            "f or=x, for=192.0.2.60",
            "=x, for=192.0.2.60",
            "for=192.0.2.1,",
            // What a client left open in front of what the proxy added.
            "for=1.2.3.4;x=\", for=203.0.113.9",
            "for=1.2.3.4;x=\"\\, for=203.0.113.9;host=\"h\"",
            "for=1.2.3.4;x=\", for=203.0.113.9;host=\"a\\\"b\"",
            "for=1.2.3.4;x=y\", for=203.0.113.9;host=\"h\"",
            "for=1.2.3.4, x=\"y\"z",
        ] {
            assert_eq!(forwarded(&[garbage]), None, "{garbage:?}");
        }
        let other_header = client(ForwardedHeader::Forwarded, "127.0.0.1", &[]);
        assert_eq!(other_header, is("127.0.0.1"));
    }

    #[test]
    fn a_network_that_cannot_be_read_is_named_and_one_that_can_is_printed() {
        let error = TrustedProxies::new(ForwardedHeader::Forwarded, ["10.0.0.0/8", "10.0.0.0/33"]).unwrap_err();
        assert_eq!(error, "10.0.0.0/33");
        assert_eq!(format!("{:?}", Network::parse("2001:db8::/32").unwrap()), "2001:db8::/32");
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
}
