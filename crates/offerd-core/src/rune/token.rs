//! A rune as it is handed around.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::code::Code;
use super::restriction::{Alternative, Restriction, RestrictionError, read_restrictions};

/// The longest rune that is read, in bytes.
const MOST_BYTES: usize = 8 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is no rune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuneError {
    /// No base64url, or too short for a code, or longer than anybody needs.
    #[error("should be base64 string")]
    NotBase64,
    /// The restrictions are no text.
    #[error("should have restrictions in UTF-8")]
    NotText,
    /// A restriction cannot be read.
    #[error("a restriction in it {0}")]
    Restriction(#[from] RestrictionError),
}

/// Restrictions, and the code that vouches for them. It is a secret: Debug shows its restrictions alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Rune {
    code: [u8; 32],
    restrictions: Vec<Restriction>,
}

impl fmt::Debug for Rune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rune").field("restrictions", &self.restrictions).finish_non_exhaustive()
    }
}

impl Rune {
    pub(super) fn from_parts(code: [u8; 32], restrictions: Vec<Restriction>) -> Self {
        Self { code, restrictions }
    }

    pub(super) fn code(&self) -> &[u8; 32] {
        &self.code
    }

    /// All restrictions, its id among them.
    pub fn restrictions(&self) -> &[Restriction] {
        &self.restrictions
    }

    /// The restrictions without its id.
    pub fn limits(&self) -> impl Iterator<Item = &Restriction> {
        self.restrictions.iter().filter(|restriction| restriction.id().is_none())
    }

    /// Its number, where it has one. Runes that were made from one another have the same.
    pub fn unique_id(&self) -> Option<&str> {
        self.restrictions.first().and_then(Restriction::id)
    }

    /// The same with one more restriction. Anybody can do that, without a secret.
    ///
    /// # Errors
    /// [`RestrictionError::Nameless`] for an id: it has to come first.
    pub fn restricted(&self, restriction: Restriction) -> Result<Self, RestrictionError> {
        if restriction.id().is_some() {
            return Err(RestrictionError::Nameless);
        }
        // How much has gone in follows from what has: the secret takes one block.
        let mut blocks = Code::resume([0; 32], 1);
        self.restrictions.iter().for_each(|restriction| blocks.add(restriction));
        let mut code = Code::resume(self.code, blocks.blocks());
        code.add(&restriction);
        let mut restrictions = self.restrictions.clone();
        restrictions.push(restriction);
        Ok(Self { code: code.state(), restrictions })
    }

    /// Whether all restrictions hold. Whether the rune is one of ours is another question.
    ///
    /// # Errors
    /// What is wrong, in words, of the first one that does not.
    pub fn check(
        &self,
        mut holds: impl FnMut(&Alternative) -> Result<(), String>,
    ) -> Result<(), String> {
        self.limits().try_for_each(|restriction| restriction.test(&mut holds))
    }

    /// The restrictions as text, joined by `&`.
    pub fn restrictions_text(&self) -> String {
        let texts: Vec<String> = self.restrictions.iter().map(ToString::to_string).collect();
        texts.join("&")
    }

    /// The whole in base64url: who has it may do what it allows.
    pub fn expose(&self) -> String {
        let text = self.restrictions_text();
        BASE64.encode([self.code.as_slice(), text.as_bytes()].concat())
    }
}

impl FromStr for Rune {
    type Err = RuneError;

    fn from_str(text: &str) -> Result<Self, RuneError> {
        if text.len() > MOST_BYTES {
            return Err(RuneError::NotBase64);
        }
        let bytes = BASE64.decode(text).map_err(|_| RuneError::NotBase64)?;
        let (code, rest) = bytes.split_first_chunk::<32>().ok_or(RuneError::NotBase64)?;
        let rest = std::str::from_utf8(rest).map_err(|_| RuneError::NotText)?;
        let restrictions = read_restrictions(rest)?;
        if restrictions.iter().skip(1).any(|restriction| restriction.id().is_some()) {
            return Err(RestrictionError::Nameless.into());
        }
        Ok(Self { code: *code, restrictions })
    }
}
