//! Strings: joins, case, padding, prefixes, beyond the vectors.

mod common;

use bolt12::encoding::{MAX_STRING_LEN, encode_string_for_qr};
use bolt12::{
    Bolt12Error, Bolt12String, Form, Hrp, Invoice, InvoiceRequest, Offer, StringError,
    decode_string, encode_string,
};
use common::*;

const TEXT: &str = "lno1pqps7sjqpgtyzm3qv4uxzmtsd3jjqer9wd3hy6tsw35k7msjzfpy7nz5yqcnygrfdej82um5wf5k2uckyypwa3eyt44h6txtxquqh7lz5djge4afgfjn7k4rgrkuag0jsd5xvxg";

// req ST-01, ST-02, ST-03
#[test]
fn bytes_of_any_length_come_back() {
    for hrp in Hrp::ALL {
        for len in 0..20 {
            let bytes = vec![0xa5; len];
            let string = encode_string(hrp, &bytes);
            assert!(string.starts_with(&format!("{hrp}1")));
            assert_eq!(decode_string(&string), Ok((hrp, bytes.clone())));
            assert_eq!(decode_string(&encode_string_for_qr(hrp, &bytes)), Ok((hrp, bytes)));
        }
    }
}

#[test]
fn padding_is_zero_and_less_than_a_character() {
    // One byte takes two characters, with two bits of padding.
    assert_eq!(decode_string("lno1qq"), Ok((Hrp::Offer, vec![0])));
    assert_eq!(decode_string("lno1qp"), Err(StringError::NonZeroPadding));
    assert_eq!(decode_string("lno1qz"), Err(StringError::NonZeroPadding));
    assert_eq!(decode_string("lno1qy"), Ok((Hrp::Offer, vec![1])));
    assert_eq!(decode_string("lno1q"), Err(StringError::ExcessPadding));
    assert_eq!(decode_string("lno1qqq"), Err(StringError::ExcessPadding));
    assert_eq!(decode_string("lno1qqqq"), Ok((Hrp::Offer, vec![0, 0])));
    assert_eq!(decode_string("lno1qqqqqq"), Err(StringError::ExcessPadding));
}

#[test]
fn a_scheme_in_any_case_is_tolerated() {
    for scheme in ["lightning:", "LIGHTNING:", "Lightning:"] {
        assert_eq!(decode_string(&format!("{scheme}{TEXT}")), decode_string(TEXT));
        let upper = TEXT.to_ascii_uppercase();
        assert_eq!(decode_string(&format!("{scheme}{upper}")), decode_string(TEXT));
    }
    assert_eq!(
        decode_string(&format!("lightning:lightning:{TEXT}")),
        Err(StringError::UnknownPrefix)
    );
    assert_eq!(decode_string(&format!("bitcoin:{TEXT}")), Err(StringError::UnknownPrefix));
}

// req ST-05
#[test]
fn joins_stand_between_characters() {
    let joined = |with: &str| decode_string(&TEXT.replacen("pqps", &format!("pq{with}ps"), 1));
    let whole = decode_string(TEXT);
    for join in ["+", "+ ", "+\t\r\n  "] {
        assert_eq!(joined(join), whole, "{join:?}");
    }
    assert_eq!(joined("+ +"), Err(StringError::MisplacedJoin));
    assert_eq!(joined("++"), Err(StringError::MisplacedJoin));
    for space in [" ", "\n", " +"] {
        let character = space.chars().next().expect("one");
        let refused = joined(space).expect_err("no join");
        assert!(
            matches!(refused, StringError::InvalidCharacter { character: c, .. } if c == character)
        );
    }
    assert_eq!(decode_string("+"), Err(StringError::MisplacedJoin));
    assert_eq!(decode_string(&format!("lightning:+{TEXT}")), Err(StringError::MisplacedJoin));
    assert_eq!(decode_string(&format!("{TEXT}\n")).ok(), None);
}

#[test]
fn characters_outside_the_alphabet_are_named() {
    for character in ['b', 'i', 'o', '1', '!', 'ä', '\u{202e}'] {
        let refused = decode_string(&format!("lno1qq{character}qq"));
        assert_eq!(refused, Err(StringError::InvalidCharacter { character, position: 2 }));
    }
    let shown = StringError::InvalidCharacter { character: '\u{202e}', position: 2 }.to_string();
    assert_eq!(shown, "invalid character '\\u{202e}' behind 2 others");
}

#[test]
fn only_four_prefixes_are_known() {
    for wrong in ["", "lno", "1qq", "lnbc1qq", "lnx1qq", "no1qq"] {
        assert_eq!(decode_string(wrong), Err(StringError::UnknownPrefix), "{wrong}");
    }
    assert_eq!(decode_string("lno1"), Ok((Hrp::Offer, Vec::new())));
}

#[test]
fn endless_input_is_refused_unread() {
    let long = format!("lno1{}", "q".repeat(MAX_STRING_LEN));
    assert_eq!(decode_string(&long), Err(StringError::TooLong));
    let most = format!("lno1{}", "q".repeat(MAX_STRING_LEN - 8));
    assert_ne!(decode_string(&most), Err(StringError::TooLong));
}

#[test]
fn a_string_says_what_it_carries() {
    let request = payout_request();
    let invoice = invoice_for(&request, PAYEE);
    let read = |string: String| string.parse::<Bolt12String>();
    assert_eq!(read(offer().to_string()), Ok(Bolt12String::Offer(offer())));
    assert_eq!(read(offer().to_qr_string()), Ok(Bolt12String::Offer(offer())));
    assert_eq!(read(request.to_qr_string()), Ok(Bolt12String::InvoiceRequest(request.clone())));
    assert_eq!(read(invoice.to_qr_string()), Ok(Bolt12String::Invoice(invoice.clone())));
    let unexpected = |found| Bolt12Error::from(StringError::UnexpectedPrefix { found });
    let error = read(encode_string(Hrp::PayerProof, &[])).expect_err("empty");
    assert_eq!(error.form(), Some(Form::PayerProof));

    assert_eq!(invoice.to_string().parse::<Offer>(), Err(unexpected(Hrp::Invoice)));
    assert_eq!(offer().to_string().parse::<InvoiceRequest>(), Err(unexpected(Hrp::Offer)));
    assert_eq!(request.to_string().parse::<Invoice>(), Err(unexpected(Hrp::InvoiceRequest)));
}

#[test]
fn ids_are_written_and_read_in_hexadecimal() {
    let id = offer().id();
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(id.to_string(), hex::encode(id.0));
    assert!("12".parse::<bolt12::OfferId>().is_err());
    let id = payout_request().invreq_id();
    assert_eq!(id.to_string().parse(), Ok(id));
}
