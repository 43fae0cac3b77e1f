//! Cutting what a connection sends into requests.
//!
//! Requests are JSON objects, one after the other, with or without white space in between, in pieces of any size.

use serde::de::IgnoredAny;

/// The largest request, in bytes.
pub const MAX_REQUEST: usize = 4 << 20;
/// The deepest nesting of objects and arrays in a request.
pub const MAX_DEPTH: usize = 32;

/// Why the connection cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// What came is not JSON, or not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// Larger than [`MAX_REQUEST`].
    #[error("request larger than {MAX_REQUEST} bytes")]
    TooLarge,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("request nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// What has come so far and was not taken out yet.
#[derive(Debug, Default)]
pub struct Frames {
    buffer: Vec<u8>,
    /// How much of the buffer was looked at.
    scanned: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The length of an unfinished request up to which it was found to be JSON.
    checked: usize,
}

impl Frames {
    /// Adds what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether nothing but white space is left over.
    pub fn is_empty(&self) -> bool {
        self.buffer.iter().all(u8::is_ascii_whitespace)
    }

    /// The next whole request, `None` while there is none yet.
    ///
    /// # Errors
    /// [`Broken`]; nothing after it can be understood.
    pub fn next_request(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        if self.depth == 0 {
            let blank = self.buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.buffer.drain(..blank);
            self.scanned = 0;
        }
        while let Some(byte) = self.buffer.get(self.scanned) {
            self.scanned += 1;
            self.step(*byte)?;
            if self.scanned > MAX_REQUEST {
                return Err(Broken::TooLarge);
            }
            if self.depth == 0 {
                let rest = self.buffer.split_off(self.scanned);
                self.scanned = 0;
                self.checked = 0;
                return Ok(Some(std::mem::replace(&mut self.buffer, rest)));
            }
        }
        self.check_unfinished()?;
        Ok(None)
    }

    fn step(&mut self, byte: u8) -> Result<(), Broken> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Ok(());
        }
        match byte {
            b'{' => self.depth += 1,
            _ if self.depth == 0 => return Err(Broken::NotAnObject),
            b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            b'"' => self.in_string = true,
            _ => {}
        }
        if self.depth > MAX_DEPTH { Err(Broken::TooDeep) } else { Ok(()) }
    }

    /// Refuses the beginning of something that can never become JSON, rather than wait for its end. Looked at each
    /// time its length has doubled, so that the work stays in proportion to what came.
    fn check_unfinished(&mut self) -> Result<(), Broken> {
        if self.buffer.is_empty() || self.buffer.len() < self.checked.saturating_mul(2) {
            return Ok(());
        }
        self.checked = self.buffer.len();
        match serde_json::from_slice::<IgnoredAny>(&self.buffer) {
            Err(error) if !error.is_eof() => Err(Broken::NotAnObject),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(frames: &mut Frames) -> Result<Vec<String>, Broken> {
        let mut whole = Vec::new();
        while let Some(frame) = frames.next_request()? {
            whole.push(String::from_utf8(frame).unwrap());
        }
        Ok(whole)
    }

    #[test]
    fn requests_in_one_piece_come_out_one_by_one() {
        let mut frames = Frames::default();
        frames.push(b" {\"a\":1}{\"b\":\"}{\\\"\"}\n\n{\"c\":[{}]} {\"d\"");
        assert_eq!(all(&mut frames).unwrap(), ["{\"a\":1}", "{\"b\":\"}{\\\"\"}", "{\"c\":[{}]}"]);
        assert!(!frames.is_empty());
        frames.push(b":2}\n");
        assert_eq!(all(&mut frames).unwrap(), ["{\"d\":2}"]);
        assert!(frames.is_empty());
    }

    #[test]
    fn a_request_in_single_bytes_is_the_same_request() {
        let request = "{\"a\":\"\\\\\\\"☕}\",\"b\":[[],{}]}";
        let mut frames = Frames::default();
        let mut whole = Vec::new();
        for byte in request.bytes() {
            frames.push(&[byte]);
            whole.extend(all(&mut frames).unwrap());
        }
        assert_eq!(whole, [request]);
    }

    #[test]
    fn garbage_is_noticed_before_its_end() {
        for garbage in ["x", "[1]", "\"a\"", "1", "{\"a\" oops", "{,", "\u{feff}{}", "{\"a\":\u{0}"]
        {
            let mut frames = Frames::default();
            frames.push(garbage.as_bytes());
            assert_eq!(frames.next_request(), Err(Broken::NotAnObject), "{garbage:?}");
        }
    }

    #[test]
    fn size_and_depth_have_limits() {
        let mut frames = Frames::default();
        frames.push(b"{\"a\":\"");
        for _ in 0..=MAX_REQUEST / 65_536 {
            frames.push(&[b'x'; 65_536]);
            match frames.next_request() {
                Ok(None) => {}
                other => {
                    assert_eq!(other, Err(Broken::TooLarge));
                    return;
                }
            }
        }
        unreachable!("a request without end was taken");
    }

    #[test]
    fn depth_is_limited_and_brackets_in_strings_do_not_count() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let mut frames = Frames::default();
        frames.push(nested(MAX_DEPTH - 1).as_bytes());
        assert!(matches!(frames.next_request(), Ok(Some(_))));
        frames.push(nested(MAX_DEPTH).as_bytes());
        assert_eq!(frames.next_request(), Err(Broken::TooDeep));
        let mut frames = Frames::default();
        frames.push(format!("{{\"a\":\"{}\"}}", "[".repeat(1000)).as_bytes());
        assert!(matches!(frames.next_request(), Ok(Some(_))));
    }
}
