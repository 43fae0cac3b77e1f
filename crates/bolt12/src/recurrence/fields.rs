//! The schedule as it stands in an offer, or mirrored in what answers it.

use core::num::NonZeroU32;

use bolt1::{DecodeError, DecodeErrorKind, Reader, Timestamp};

use super::{Numbering, Paywindow, Recurrence, RecurrenceBase, TimeUnit};
use crate::error::{Bolt12Error, InvalidReason};
use crate::records::{RecordMap, Records};
use crate::value;

impl TimeUnit {
    fn decode(byte: u8) -> Result<Self, DecodeError> {
        match byte {
            0 => Ok(Self::Seconds),
            1 => Ok(Self::Days),
            2 => Ok(Self::Months),
            _ => Err(DecodeErrorKind::InvalidValue.into()),
        }
    }

    const fn to_u8(self) -> u8 {
        match self {
            Self::Seconds => 0,
            Self::Days => 1,
            Self::Months => 2,
        }
    }
}

/// `time_unit` and `period`, which may still be zero.
fn decode_cycle(bytes: &[u8]) -> Result<(TimeUnit, u32), DecodeError> {
    let mut reader = Reader::new(bytes);
    Ok((TimeUnit::decode(reader.read_u8()?)?, reader.read_tu32()?))
}

impl RecurrenceBase {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let proportional = reader.read_u8()? == 1;
        Ok(Self { basetime: Timestamp(reader.read_tu64()?), proportional })
    }
}

impl Paywindow {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        Ok(Self { seconds_before: reader.read_u32()?, seconds_after: reader.read_tu32()? })
    }
}

impl Recurrence {
    /// Reads the schedule in whichever numbering it has, with the rules that hold in every message.
    pub(crate) fn read(records: &Records<'_>) -> Result<Option<Self>, Bolt12Error> {
        let plain = Self::read_numbered(records, Numbering::Plain)?;
        let experimental = Self::read_numbered(records, Numbering::Experimental)?;
        match (plain, experimental) {
            (Some(_), Some(second)) => {
                // req RCO-W1
                Err(Bolt12Error::invalid(second.field(), InvalidReason::NotAllowed))
            }
            (plain, experimental) => Ok(plain.or(experimental)),
        }
    }

    fn read_numbered(
        records: &Records<'_>,
        numbering: Numbering,
    ) -> Result<Option<Self>, Bolt12Error> {
        let numbers = numbering.numbers();
        let compulsory = records.optional(numbers.compulsory, decode_cycle)?;
        let optional = records.optional(numbers.optional, decode_cycle)?;
        let base = records.optional(numbers.base, RecurrenceBase::decode)?;
        let paywindow = records.optional(numbers.paywindow, Paywindow::decode)?;
        let limit = records.optional(numbers.limit, value::tu32)?;
        let refuse = |field, reason| Bolt12Error::invalid(field, reason);
        if compulsory.is_some() && optional.is_some() {
            return Err(refuse(numbers.optional, InvalidReason::NotAllowed).req("RCO-W1"));
        }
        let Some((unit, period)) = compulsory.or(optional) else {
            let stray = [
                base.map(|_| numbers.base),
                paywindow.map(|_| numbers.paywindow),
                limit.map(|_| numbers.limit),
            ];
            return match stray.into_iter().flatten().next() {
                // req RCO-W6
                Some(field) => Err(refuse(field, InvalidReason::NotAllowed).req("RCO-R4")),
                None => Ok(None),
            };
        };
        // req RCO-W2
        let field = if compulsory.is_some() { numbers.compulsory } else { numbers.optional };
        let not_zero = |number, field, id| {
            NonZeroU32::new(number).ok_or(refuse(field, InvalidReason::Zero).req(id))
        };
        Ok(Some(Self {
            unit,
            period: not_zero(period, field, "RCO-R2")?,
            compulsory: compulsory.is_some(),
            base,
            paywindow,
            limit: limit.map(|limit| not_zero(limit, numbers.limit, "RCO-R3")).transpose()?,
            numbering,
        }))
    }

    /// The field that makes an offer recurring.
    pub(crate) const fn field(&self) -> u64 {
        let numbers = self.numbering.numbers();
        if self.compulsory { numbers.compulsory } else { numbers.optional }
    }

    /// Sets the fields, in place of any schedule that was there.
    pub(crate) fn write(&self, records: &mut RecordMap) {
        for numbering in [Numbering::Plain, Numbering::Experimental] {
            let numbers = numbering.numbers();
            let all = [numbers.compulsory, numbers.optional, numbers.base, numbers.paywindow];
            all.into_iter().chain([numbers.limit]).for_each(|typ| records.remove(typ));
        }
        let numbers = self.numbering.numbers();
        records.write(self.field(), |writer| {
            writer.write_u8(self.unit.to_u8());
            writer.write_tu32(self.period.get());
        });
        // req RCO-W4
        if let Some(base) = self.base {
            records.write(numbers.base, |writer| {
                writer.write_u8(u8::from(base.proportional));
                writer.write_tu64(base.basetime.0);
            });
        }
        // req RCO-W5
        if let Some(paywindow) = self.paywindow {
            records.write(numbers.paywindow, |writer| {
                writer.write_u32(paywindow.seconds_before);
                writer.write_tu32(paywindow.seconds_after);
            });
        }
        // req RCO-W3
        if let Some(limit) = self.limit {
            records.set_tu64(numbers.limit, u64::from(limit.get()));
        }
    }

    /// The writer's rule that a reader does not enforce: who is bound to a calendar must know what that means.
    pub(crate) fn check_written(&self) -> Result<(), Bolt12Error> {
        // req RCO-W1
        if self.base.is_some() && !self.compulsory {
            let field = self.numbering.numbers().base;
            return Err(Bolt12Error::invalid(field, InvalidReason::NotAllowed).req("RCO-W1"));
        }
        Ok(())
    }
}
