//! The code in what people paste: a string alone, or a `bitcoin:` URI with one in it.

use std::borrow::Cow;

/// Why there is no code in it that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// A `bitcoin:` URI that knows the chain alone.
    OnChainOnly,
    /// A `bitcoin:` URI that demands something which is not known here, and must not be used therefore.
    Demands(String),
    /// A name such as `₿anna@example.org`.
    Name,
}

impl std::fmt::Display for NoCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OnChainOnly => f.write_str(
                "this bitcoin: URI has neither lno= nor lightning= in it: it can be paid on the chain alone, with withdraw",
            ),
            Self::Demands(name) => write!(
                f,
                "this bitcoin: URI demands `{}`, which is not known here",
                name.escape_debug()
            ),
            Self::Name => f.write_str(
                "names such as user@domain (BIP 353) are not supported, since they need DNSSEC: give the lno… string \
                 that the name stands for",
            ),
        }
    }
}

impl std::error::Error for NoCode {}

/// The code in a text: of a `bitcoin:` URI its `lno`, else its `lightning`; of any other text all of it, without the
/// white space around it. Whether the code can be read is not looked at.
///
/// # Errors
/// [`NoCode`].
pub fn code_in(text: &str) -> Result<Cow<'_, str>, NoCode> {
    const SCHEME: &str = "bitcoin:";
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_at_checked(SCHEME.len())
        && scheme.eq_ignore_ascii_case(SCHEME)
    {
        return code_of_uri(rest).map(Cow::Owned);
    }
    if is_name(text) { Err(NoCode::Name) } else { Ok(Cow::Borrowed(text)) }
}

/// BIP 21 and BIP 321: an address, and parameters behind a `?`.
fn code_of_uri(rest: &str) -> Result<String, NoCode> {
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let params: Vec<(String, String)> = query
        .split('&')
        .filter(|param| !param.is_empty())
        .map(|param| param.split_once('=').unwrap_or((param, "")))
        .map(|(name, value)| (name.to_ascii_lowercase(), unescape(value)))
        .collect();
    let known = ["req-lno", "req-lightning"];
    let demand =
        |(name, _): &&(String, String)| name.starts_with("req-") && !known.contains(&name.as_str());
    if let Some((name, _)) = params.iter().find(demand) {
        return Err(NoCode::Demands(name.chars().take(64).collect()));
    }
    let value = |wanted: &str| {
        let is_it = |name: &str| name.strip_prefix("req-").unwrap_or(name) == wanted;
        params.iter().find(|(name, value)| is_it(name) && !value.is_empty())
    };
    let found = value("lno").or_else(|| value("lightning"));
    found.map(|(_, value)| value.trim().to_owned()).ok_or(NoCode::OnChainOnly)
}

/// `%2B` as `+`. What is not UTF-8 then is no code either, and is left as it is.
fn unescape(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *first == b'%');
        let byte = escaped.and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
        });
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

/// `user@domain`, with or without `₿`. No code has an `@` in it.
fn is_name(text: &str) -> bool {
    let Some((user, domain)) = text.rsplit_once('@') else { return false };
    !user.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_every_usual_form() {
        for (text, code) in [
            ("  lno1qq\n", "lno1qq"),
            ("lightning:lno1qq", "lightning:lno1qq"),
            ("bitcoin:?lno=lno1qq", "lno1qq"),
            ("BITCOIN:BC1QQ?AMOUNT=1&LNO=LNO1QQ", "LNO1QQ"),
            ("bitcoin:bc1qq?lightning=lnbc1qq&label=a%20b", "lnbc1qq"),
            ("bitcoin:bc1qq?lightning=lnbc1qq&lno=lno1qq#x", "lno1qq"),
            ("bitcoin:?req-lno=lno1q%2Bq", "lno1q+q"),
            ("bitcoin:?lno=&lightning=lnbc1qq", "lnbc1qq"),
            ("bitcoin:?lno=lno1%zz%", "lno1%zz%"),
            ("", ""),
        ] {
            assert_eq!(code_in(text).as_deref(), Ok(code), "{text}");
        }
    }

    #[test]
    fn what_has_no_code_is_told_apart() {
        for text in ["bitcoin:bc1qq", "bitcoin:", "bitcoin:?amount=1", "bitcoin:?lno"] {
            assert_eq!(code_in(text), Err(NoCode::OnChainOnly), "{text}");
        }
        let demanded = NoCode::Demands("req-pop".to_owned());
        assert_eq!(code_in("bitcoin:?req-pop=x&lno=lno1qq"), Err(demanded));
        for text in ["anna@example.org", "\u{20bf}anna@example.org"] {
            assert_eq!(code_in(text), Err(NoCode::Name), "{text}");
        }
    }
}
