//! Restrictions, and the alternatives that they are made of.

use std::fmt;

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `!`: the field is not there.
    Missing,
    /// `=`: it is exactly this.
    Equal,
    /// `/`: it is there, and is something else.
    NotEqual,
    /// `^`: it begins with this.
    BeginsWith,
    /// `$`: it ends with this.
    EndsWith,
    /// `~`: this is in it.
    Contains,
    /// `<`: it is a whole number, and less than this.
    LessThan,
    /// `>`: it is a whole number, and more than this.
    MoreThan,
    /// `{`: it comes before this, byte by byte.
    SortsBefore,
    /// `}`: it comes after this, byte by byte.
    SortsAfter,
    /// `#`: nothing; a remark.
    Comment,
}

const CONDITIONS: [(Condition, char, &str); 11] = [
    (Condition::Missing, '!', "is missing"),
    (Condition::Equal, '=', "equal to"),
    (Condition::NotEqual, '/', "unequal to"),
    (Condition::BeginsWith, '^', "starts with"),
    (Condition::EndsWith, '$', "ends with"),
    (Condition::Contains, '~', "contains"),
    (Condition::LessThan, '<', "<"),
    (Condition::MoreThan, '>', ">"),
    (Condition::SortsBefore, '{', "sorts before"),
    (Condition::SortsAfter, '}', "sorts after"),
    (Condition::Comment, '#', "comment"),
];

impl Condition {
    fn of(sign: char) -> Option<Self> {
        CONDITIONS.iter().find(|(_, known, _)| *known == sign).map(|(condition, ..)| *condition)
    }

    fn entry(self) -> (char, &'static str) {
        let entry = CONDITIONS.iter().find(|(known, ..)| *known == self);
        entry.map_or(('#', ""), |(_, sign, words)| (*sign, *words))
    }

    /// The character that stands for it.
    pub fn sign(self) -> char {
        self.entry().0
    }
}

/// Why a text is no restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestrictionError {
    /// Behind the name of the field stands none of `!=/^$~<>{}#`.
    #[error("should be a name, one of !=/^$~<>{{}}# and a value")]
    NoCondition,
    /// The field without a name is the rune's own id: first, alone, and with `=`.
    #[error("only the rune's own id, the first restriction, is without a name")]
    Nameless,
    /// There is no alternative at all.
    #[error("should have one alternative or more")]
    Empty,
}

/// One comparison: `method=listpeers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The name of what is compared; letters, digits and `_`. Empty for the rune's id alone.
    pub field: String,
    /// How.
    pub condition: Condition,
    /// With what.
    pub value: String,
}

impl Alternative {
    /// Reads one as a person writes it: nothing in the value is escaped.
    ///
    /// # Errors
    /// [`RestrictionError`].
    pub fn read(text: &str) -> Result<Self, RestrictionError> {
        let at = text.find(|char: char| char.is_ascii_punctuation() && char != '_');
        let (field, rest) = text.split_at(at.ok_or(RestrictionError::NoCondition)?);
        let mut rest = rest.chars();
        let condition = rest.next().and_then(Condition::of);
        let condition = condition.ok_or(RestrictionError::NoCondition)?;
        Ok(Self { field: field.to_owned(), condition, value: rest.as_str().to_owned() })
    }

    /// Whether the field's value, `None` where there is none, is as it should be.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn test(&self, found: Option<&str>) -> Result<(), String> {
        let value = self.value.as_str();
        let field = &self.field;
        if self.condition == Condition::Comment {
            return Ok(());
        }
        let Some(found) = found else {
            let missing = self.condition == Condition::Missing;
            return if missing { Ok(()) } else { Err(format!("{field} not present")) };
        };
        let (holds, complaint) = match self.condition {
            Condition::Missing => return Err(format!("{field} is present")),
            Condition::Comment => return Ok(()),
            Condition::Equal => (found == value, "is not equal to"),
            Condition::NotEqual => (found != value, "is equal to"),
            Condition::BeginsWith => (found.starts_with(value), "does not start with"),
            Condition::EndsWith => (found.ends_with(value), "does not end with"),
            Condition::Contains => (found.contains(value), "does not contain"),
            Condition::LessThan => (self.numbers(found)?.is_lt(), "is greater or equal to"),
            Condition::MoreThan => (self.numbers(found)?.is_gt(), "is less or equal to"),
            Condition::SortsBefore => {
                (found.as_bytes() < value.as_bytes(), "is equal to or ordered after")
            }
            Condition::SortsAfter => {
                (found.as_bytes() > value.as_bytes(), "is equal to or ordered before")
            }
        };
        if holds { Ok(()) } else { Err(format!("{field} {complaint} {value}")) }
    }

    /// How the number found stands to ours.
    fn numbers(&self, found: &str) -> Result<std::cmp::Ordering, String> {
        let number = |text: &str| text.parse::<i64>().ok();
        let found =
            number(found).ok_or_else(|| format!("{} is not an integer field", self.field))?;
        let ours =
            number(&self.value).ok_or_else(|| format!("{} is not a valid integer", self.value))?;
        Ok(found.cmp(&ours))
    }

    /// The same in words.
    pub fn in_words(&self) -> String {
        let (_, words) = self.condition.entry();
        let (field, value) = (&self.field, &self.value);
        if self.condition == Condition::Missing {
            format!("{field} {words}")
        } else if self.condition == Condition::Comment {
            format!("{words}: {field} {value}")
        } else {
            format!("{field} {words} {value}")
        }
    }
}

/// As it stands in a rune: `\`, `|` and `&` in the value are escaped.
impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.field, self.condition.sign())?;
        for char in self.value.chars() {
            if matches!(char, '\\' | '|' | '&') {
                f.write_str("\\")?;
            }
            write!(f, "{char}")?;
        }
        Ok(())
    }
}

/// Alternatives, one of which must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction(Vec<Alternative>);

impl Restriction {
    /// From its alternatives.
    ///
    /// # Errors
    /// [`RestrictionError::Empty`], or [`RestrictionError::Nameless`] unless it is a rune's id.
    pub fn new(alternatives: Vec<Alternative>) -> Result<Self, RestrictionError> {
        let nameless = alternatives.iter().any(|alternative| alternative.field.is_empty());
        match alternatives.as_slice() {
            [] => Err(RestrictionError::Empty),
            [only] if nameless && only.condition == Condition::Equal => Ok(Self(alternatives)),
            _ if nameless => Err(RestrictionError::Nameless),
            _ => Ok(Self(alternatives)),
        }
    }

    /// The one that carries the number of a rune.
    pub fn unique_id(id: u64) -> Self {
        let condition = Condition::Equal;
        Self(vec![Alternative { field: String::new(), condition, value: id.to_string() }])
    }

    /// Its alternatives, one or more.
    pub fn alternatives(&self) -> &[Alternative] {
        &self.0
    }

    /// The rune's id, where this is what it carries.
    pub(super) fn id(&self) -> Option<&str> {
        let id = self.0.first().filter(|alternative| alternative.field.is_empty());
        id.map(|alternative| alternative.value.as_str())
    }

    /// The same in words.
    pub fn in_words(&self) -> String {
        let words: Vec<String> = self.0.iter().map(Alternative::in_words).collect();
        words.join(" OR ")
    }

    /// Whether one alternative holds.
    ///
    /// # Errors
    /// What is wrong with each of them.
    pub fn test(
        &self,
        mut holds: impl FnMut(&Alternative) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut complaints = Vec::new();
        for alternative in &self.0 {
            match holds(alternative) {
                Ok(()) => return Ok(()),
                Err(complaint) => complaints.push(complaint),
            }
        }
        Err(complaints.join(" AND "))
    }
}

/// As it stands in a rune.
impl fmt::Display for Restriction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, alternative) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("|")?;
            }
            write!(f, "{alternative}")?;
        }
        Ok(())
    }
}

/// Reads restrictions as they stand in a rune, joined by `&`; none where there is no text.
///
/// # Errors
/// [`RestrictionError`] of the first one that is none.
pub fn read_restrictions(text: &str) -> Result<Vec<Restriction>, RestrictionError> {
    let mut restrictions = Vec::new();
    let mut alternatives = Vec::new();
    let mut piece = String::new();
    // Where the value begins, what is escaped is told from what is not.
    let mut escaped = false;
    for char in text.chars() {
        match char {
            _ if escaped => {
                escaped = false;
                piece.push(char);
            }
            '\\' => escaped = true,
            '|' | '&' => {
                alternatives.push(Alternative::read(&std::mem::take(&mut piece))?);
                if char == '&' {
                    restrictions.push(Restriction::new(std::mem::take(&mut alternatives))?);
                }
            }
            _ => piece.push(char),
        }
    }
    if !text.is_empty() {
        alternatives.push(Alternative::read(&piece)?);
        restrictions.push(Restriction::new(alternatives)?);
    }
    Ok(restrictions)
}
