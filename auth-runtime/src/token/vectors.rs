//! The examples of the RFCs. Their payloads are no access tokens, so that signatures are what is compared.
//!
//! Not among them, since there is no such algorithm here: RFC 7515 appendix A.4 and RFC 7520 section 4.3 (ES512), RFC
//! 7520 section 4.2 (PS384), and whatever is not in compact serialization.

use serde_json::json;

use super::{
    Algorithm,
    jwk::{Jwk, decode, encode},
    jws::Unverified,
    key::{SigningKey, SigningKeys, VerifyingKey},
};

/// The payload of RFC 7515 appendix A.
const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
/// The payload of RFC 7520 section 4.
const BUSINESS: &str = "\
    SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwg\
    YW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9m\
    ZiB0by4";

fn jwk(jwk: serde_json::Value) -> Jwk {
    serde_json::from_value(jwk).unwrap()
}

#[cfg(any(feature = "es256", feature = "rs256"))]
fn signature(text: &str) -> Vec<u8> {
    decode(text).unwrap().to_vec()
}

/// RFC 7515 appendix A.1, with the key as it is written there.
#[test]
fn rfc_7515_a_1_hs256() {
    let key = jwk(json!({
        "kty": "oct",
        "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    }));
    let key = SigningKey::from_jwk(&key).unwrap();
    let signed = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}");
    assert_eq!(encode(key.sign(signed.as_bytes()).unwrap()), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

/// RFC 7515 appendix A.5: no signature, and an algorithm that says so.
#[test]
fn rfc_7515_a_5_none() {
    let header = "eyJhbGciOiJub25lIn0";
    assert_eq!(decode(header).unwrap().as_slice(), br#"{"alg":"none"}"#);
    let key = SigningKey::from_hmac_bytes(b"0123456789abcdef0123456789abcdef").unwrap();
    assert!(!key.verifies(format!("{header}.{JOE}").as_bytes(), b""));
    let keys = SigningKeys::new(key).cached().snapshot();
    // As it is, and as an access token would be written.
    for header in [header.to_owned(), encode(r#"{"alg":"none","typ":"at+jwt"}"#)] {
        let token = format!("{header}.{JOE}.");
        assert!(Unverified::parse(&token).unwrap().verify(&keys, &["at+jwt"], 0).is_err(), "{token}");
    }
    assert_eq!(Algorithm::of_name("none"), None);
}

/// RFC 7520 section 4.4, with the key of section 3.5.
#[test]
fn rfc_7520_4_4_hs256() {
    let mut jwk = jwk(json!({
        "kty": "oct",
        "kid": "018c0ae5-4d9b-471b-bfd6-eef314bc7037",
        "use": "sig",
        "alg": "HS256",
        "k": "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
    }));
    let key = SigningKey::from_jwk(&jwk).unwrap();
    assert_eq!((key.id(), key.algorithm()), ("018c0ae5-4d9b-471b-bfd6-eef314bc7037", Algorithm::Hs256));
    let header = encode(r#"{"alg":"HS256","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037"}"#);
    assert_eq!(header, "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9");
    let signed = format!("{header}.{BUSINESS}");
    assert_eq!(encode(key.sign(signed.as_bytes()).unwrap()), "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0");

    // A secret is nobody's public key, and a key for something else signs nothing.
    assert!(VerifyingKey::of_jwk(&jwk).is_none());
    jwk.alg = Some("A256GCM".to_owned());
    assert!(SigningKey::from_jwk(&jwk).is_err());
}

/// RFC 7520 section 3.1, the key of section 4.3: ES512 is not among the algorithms here.
#[test]
fn rfc_7520_4_3_es512_is_not_known() {
    let jwk = jwk(json!({
        "kty": "EC",
        "kid": "bilbo.baggins@hobbiton.example",
        "use": "sig",
        "crv": "P-521",
        "x": "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
        "y": "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",
    }));
    assert!(VerifyingKey::of_jwk(&jwk).is_none() && SigningKey::from_jwk(&jwk).is_err());
    assert_eq!(Algorithm::of_name("ES512"), None);
}

/// RFC 7515 appendix A.3. A signature is never the same twice, so that theirs is verified, and not made again.
#[cfg(feature = "es256")]
#[test]
fn rfc_7515_a_3_es256() {
    let jwk = jwk(json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    }));
    let (public, private) = (VerifyingKey::of_jwk(&jwk).unwrap(), SigningKey::from_jwk(&jwk).unwrap());
    assert_eq!((public.algorithm(), private.algorithm()), (Algorithm::Es256, Algorithm::Es256));
    let signed = format!("eyJhbGciOiJFUzI1NiJ9.{JOE}");
    let signed = signed.as_bytes();
    let theirs = signature("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    assert!(public.verifies(signed, &theirs) && private.verifies(signed, &theirs));
    assert!(public.verifies(signed, &private.sign(signed).unwrap()));

    for index in (0..theirs.len()).step_by(9) {
        let mut changed = theirs.clone();
        changed[index] ^= 1;
        assert!(!public.verifies(signed, &changed), "byte {index}");
    }
    assert!(!public.verifies(&signed[1..], &theirs));
    assert!(!public.verifies(signed, &[0; 64]), "CVE-2022-21449");
}

#[cfg(feature = "rs256")]
mod rfc_7515_a_2 {
    use super::*;

    const N: &str = "\
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ\
        S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2\
        R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD\
        TW9gb54h4FRWyuXpoQ";
    const D: &str = "\
        Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_G\
        O-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQl\
        BjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0\
        QU91p1DhOVRuOopznQ";
    const P: &str = "\
        4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2\
        KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
    const Q: &str = "\
        uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_\
        HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";
    const SIGNATURE: &str = "\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU\
        Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d\
        O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig\
        cN_IoypGlUPQGe77Rw";

    /// RFC 7515 appendix A.2: the signature verifies, and is made again.
    #[test]
    fn rs256() {
        signs_and_verifies(&rsa(N, D, P, Q), &format!("eyJhbGciOiJSUzI1NiJ9.{JOE}"), SIGNATURE);
    }

    /// The same key in both of openssl's forms.
    #[test]
    fn pem() {
        use ::rsa::{BoxedUint, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::EncodePrivateKey, pkcs8::LineEnding};
        let number = |text: &str| BoxedUint::from_be_slice_vartime(&decode(text).unwrap());
        let primes = vec![number(P), number(Q)];
        let key = PrivateKey::from_components(number(N), number("AQAB"), number(D), primes).unwrap();
        let named = SigningKey::from_jwk(&rsa(N, D, P, Q)).unwrap();
        for pem in [key.to_pkcs8_pem(LineEnding::LF).unwrap(), key.to_pkcs1_pem(LineEnding::LF).unwrap()] {
            let read = SigningKey::from_secret(&crate::Secret::new(pem.as_str())).unwrap();
            assert_eq!((read.id(), read.algorithm()), (named.id(), Algorithm::Rs256));
        }
    }
}

#[cfg(feature = "rs256")]
mod rfc_7520_4_1 {
    use super::*;

    const N: &str = "\
        n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2w\
        qVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bT\
        wJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5\
        iaiQkqgc5gHdrNP5zw";
    const D: &str = "\
        bWUC9B-EFRIo8kpGfh0ZuyGPvMNKvYWNtB_ikiH9k20eT-O1q_I78eiZkpXxXQ0UTEs2LsNRS-8uJbvQ-A1irkwMSMkK1J3XTGgdrhCku9gR\
        ldY7sNA_AKZGh-Q661_42rINLRCe8W-nZ34ui_qOfkLnK9QWDDqpaIsA-bMwWWSDFu2MUBYwkHTMEzLYGqOe04noqeq1hExBTHBOBdkMXiuF\
        hUq1BU6l-DqEiWxqg82sXt2h-LMnT3046AOYJoRioz75tSUQfGCshWTBnP5uDjd18kKhyv07lhfSJdrPdM5Plyl21hsFf4L_mHCuoFau7gds\
        PfHPxxjVOcOpBrQzwQ";
    const P: &str = "\
        3Slxg_DwTXJcb6095RoXygQCAZ5RnAvZlno1yhHtnUex_fp7AZ_9nRaO7HX_-SFfGQeutao2TDjDAWU4Vupk8rw9JR0AzZ0N2fvuIAmr_WCs\
        mGpeNqQnev1T7IyEsnh8UMt-n5CafhkikzhEsrmndH6LxOrvRJlsPp6Zv8bUq0k";
    const Q: &str = "\
        uKE2dh-cTf6ERF4k4e_jy78GfPYUIaUyoSSJuBzp3Cubk3OCqs6grT8bR_cu0Dm1MZwWmtdqDyI95HrUeq3MP15vMMON8lHTeZu2lmKvwqW7\
        anV5UzhM1iZ7z4yMkuUwFWoBvyY898EXvRD-hdqRxHlSqAZ192zB3pVFJ0s7pFc";
    const SIGNATURE: &str = "\
        MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDk\
        oBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9Uzp\
        ERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogo\
        ree7vjbU5y18kDquDg";

    /// RFC 7520 section 4.1, with the key of section 3.4.
    #[test]
    fn rs256() {
        let mut jwk = rsa(N, D, P, Q);
        jwk.kid = Some("bilbo.baggins@hobbiton.example".to_owned());
        jwk.usage = Some("sig".to_owned());
        let header = encode(r#"{"alg":"RS256","kid":"bilbo.baggins@hobbiton.example"}"#);
        assert_eq!(header, "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9");
        signs_and_verifies(&jwk, &format!("{header}.{BUSINESS}"), SIGNATURE);

        // Section 4.2 has PS384 of the same key.
        jwk.alg = Some("PS384".to_owned());
        assert!(VerifyingKey::of_jwk(&jwk).is_none() && SigningKey::from_jwk(&jwk).is_err());
    }
}

#[cfg(feature = "rs256")]
fn rsa(n: &str, d: &str, p: &str, q: &str) -> Jwk {
    jwk(json!({"kty": "RSA", "n": n, "e": "AQAB", "d": d, "p": p, "q": q}))
}

#[cfg(feature = "rs256")]
fn signs_and_verifies(jwk: &Jwk, signed: &str, theirs: &str) {
    let (public, private) = (VerifyingKey::of_jwk(jwk).unwrap(), SigningKey::from_jwk(jwk).unwrap());
    assert_eq!((public.algorithm(), private.algorithm()), (Algorithm::Rs256, Algorithm::Rs256));
    let (signed, mut theirs) = (signed.as_bytes(), signature(theirs));
    assert_eq!(private.sign(signed).unwrap(), theirs);
    assert!(public.verifies(signed, &theirs));
    assert!(private.verifies(signed, &theirs) && !private.verifies(&signed[1..], &theirs));
    let served = VerifyingKey::of_jwk(&private.public().unwrap()).unwrap();
    assert!(served.verifies(signed, &theirs) && served.id() == Some(private.id()));
    assert!(!public.verifies(&signed[1..], &theirs));
    theirs[7] ^= 1;
    assert!(!public.verifies(signed, &theirs));
}

/// RFC 7638 section 3.1. What is not required of the key is not in its name.
#[test]
fn rfc_7638_3_1_thumbprint() {
    const N: &str = "\
        0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3\
        oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA\
        ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-\
        kEgU8awapJzKnqDKgw";
    let jwk = jwk(json!({"kty": "RSA", "n": N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}));
    assert_eq!(jwk.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
