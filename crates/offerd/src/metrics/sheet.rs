//! One scrape: families of figures, written by `prometheus-client`.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

/// A label of a figure: its name, and a value out of a bounded number of them.
pub(super) type Label = (&'static str, String);

/// A name, what it means, and the unit that the name ends in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Title {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) unit: Option<&'static str>,
}

/// A title without a unit: a count of things.
pub(super) const fn things(name: &'static str, help: &'static str) -> Title {
    Title { name, help, unit: None }
}

/// A title with the unit that its name ends in.
pub(super) const fn unit(name: &'static str, unit: &'static str, help: &'static str) -> Title {
    Title { name, help, unit: Some(unit) }
}

/// All figures of one scrape, in the order of their entry.
#[derive(Debug, Default)]
pub(super) struct Sheet(Vec<Family>);

#[derive(Debug)]
struct Family {
    title: Title,
    kind: Kind,
    samples: Vec<Sample>,
}

/// A value with its labels.
pub(super) type Sample = (Vec<Label>, f64);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    fn write(self, value: f64, sample: &mut MetricEncoder<'_>) -> Result<(), fmt::Error> {
        match self {
            Self::Counter => sample.encode_counter::<NoLabelSet, f64, f64>(&value, None),
            Self::Gauge => sample.encode_gauge(&value),
        }
    }
}

impl Sheet {
    /// Enters what only grows, until the next start. Its name gets `_total`.
    pub(super) fn counter(&mut self, title: Title, value: f64) {
        self.counters(title, vec![(Vec::new(), value)]);
    }

    /// The same, one for each set of labels.
    pub(super) fn counters(&mut self, title: Title, samples: Vec<Sample>) {
        self.0.push(Family { title, kind: Kind::Counter, samples });
    }

    /// Enters what goes up and down.
    pub(super) fn gauge(&mut self, title: Title, value: f64) {
        self.gauges(title, vec![(Vec::new(), value)]);
    }

    /// The same, one for each set of labels.
    pub(super) fn gauges(&mut self, title: Title, samples: Vec<Sample>) {
        self.0.push(Family { title, kind: Kind::Gauge, samples });
    }

    /// The text of it.
    pub(super) fn text(self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &registry);
        text
    }
}

impl Collector for Sheet {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for Family { title, kind, samples } in &self.0 {
            let unit = title.unit.map(|unit| Unit::Other(unit.to_owned()));
            let written = match kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
            };
            let mut family =
                encoder.encode_descriptor(title.name, title.help, unit.as_ref(), written)?;
            for (labels, value) in samples {
                if labels.is_empty() {
                    kind.write(*value, &mut family)?;
                } else {
                    kind.write(*value, &mut family.encode_family(labels)?)?;
                }
            }
        }
        Ok(())
    }
}

/// A number as a figure: exact up to 2^53, which is more msat than most nodes ever see, and close beyond.
#[expect(clippy::cast_precision_loss, reason = "figures are for curves; the books are exact")]
pub(super) fn number(value: u64) -> f64 {
    value as f64
}
