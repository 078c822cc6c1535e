//! What a command is at: for a person who watches, with the time that is left; with `--json`, a line of JSON at the
//! beginning and end of each phase. Names of phases, counts and seconds, and nothing of a record.

use crate::clock;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the phases after reading take beside reading itself, as far as they cannot be counted while they run: those
/// of a first run over half a million synthetic children of 18 sources, on two cores. Only for the time left in a run
/// that has no earlier one to go by, and no more than a guess.
const BESIDE_READING: [(&str, f64); 4] = [("Understanding", 0.7), ("Linking", 4.0), ("Writing", 0.5), ("Keeping", 1.8)];

/// The phases of a command, shown one at a time.
pub(crate) struct Progress {
    shown: bool,
    logged: bool,
    pace: Arc<Mutex<Pace>>,
}

/// What is known of how fast phases go.
#[derive(Default)]
struct Pace {
    /// Seconds that reading took.
    reading: Option<f64>,
    /// Seconds that phases took in an earlier run of as much.
    earlier: Vec<(String, f64)>,
}

impl Progress {
    /// Progress that is shown, logged, or neither.
    pub(crate) fn new(shown: bool, logged: bool) -> Progress {
        Progress { shown, logged, pace: Arc::default() }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the time that phases took in an earlier run, from its `run.json`: the next is likely to take as long.
    pub(crate) fn expect_as_in(&self, folder: &Path) {
        let text = std::fs::read_to_string(folder.join("run.json")).unwrap_or_default();
        let record: Value = serde_json::from_str(&text).unwrap_or_default();
        let phases = [("Linking", "link"), ("Writing", "write"), ("Keeping", "keep")];
        let known =
            phases.iter().filter_map(|(phase, name)| Some(((*phase).to_owned(), record["seconds"][*name].as_f64()?)));
        self.pace().earlier = known.collect();
    }

    /// How long a phase is likely to take.
    fn expected(&self, name: &str) -> Option<Duration> {
        let pace = self.pace();
        let earlier = pace.earlier.iter().find(|(phase, _)| phase == name).map(|(_, seconds)| *seconds);
        let by_reading = || {
            let (_, times) = BESIDE_READING.iter().find(|(phase, _)| *phase == name)?;
            Some(pace.reading? * times)
        };
        earlier.or_else(by_reading).map(Duration::from_secs_f64)
    }

    /// Starts a phase whose work cannot be counted. The time left is told as far as it can be known from an earlier run
    /// or from how long reading took. It ends when dropped.
    pub(crate) fn phase(&self, name: &'static str) -> Phase {
        let expected = self.expected(name).filter(|time| self.shown && *time > Duration::from_secs(1));
        let (bar, template) = match expected {
            None if self.shown => (ProgressBar::new_spinner(), "{msg:<12} {spinner} {elapsed}"),
            Some(time) => {
                (ProgressBar::new(time.as_millis() as u64), "{msg:<12} {bar:40} {elapsed:>10} of about {prefix}")
            }
            None => (ProgressBar::hidden(), "{msg:<12} {spinner} {elapsed}"),
        };
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(name);
        bar.enable_steady_tick(Duration::from_millis(120));
        if let Some(time) = expected {
            bar.set_prefix(format!("{} s", time.as_secs().max(1)));
            keep_pace(&bar, time);
        }
        self.begin(name, bar)
    }

    /// Starts a phase over so many bytes. It ends when dropped.
    pub(crate) fn bytes(&self, name: &'static str, total: u64) -> Phase {
        let bar = if self.shown { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:<12} {bar:40} {bytes:>10} of {total_bytes}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(name);
        self.begin(name, bar)
    }

    fn begin(&self, name: &'static str, bar: ProgressBar) -> Phase {
        let phase = Phase {
            bar,
            name,
            began: Instant::now(),
            logged: self.logged,
            pace: Arc::clone(&self.pace),
            counts: Mutex::default(),
        };
        phase.log("start", Map::new());
        phase
    }
}

/// Lets a bar go with the clock until it ends; past the expected time it stays almost full.
fn keep_pace(bar: &ProgressBar, expected: Duration) {
    let weak = bar.downgrade();
    let began = Instant::now();
    std::thread::spawn(move || {
        while let Some(bar) = weak.upgrade().filter(|bar| !bar.is_finished()) {
            let most = expected.mul_f64(0.99);
            bar.set_position(began.elapsed().min(most).as_millis() as u64);
            if began.elapsed() < expected {
                let left = (expected - began.elapsed()).as_secs();
                bar.set_prefix(format!("{} s, about {} s left", expected.as_secs().max(1), left));
            } else {
                bar.set_prefix(format!("{} s, longer than expected", expected.as_secs().max(1)));
            }
            drop(bar);
            std::thread::sleep(Duration::from_millis(250));
        }
    });
}

/// A phase under way.
pub(crate) struct Phase {
    bar: ProgressBar,
    name: &'static str,
    began: Instant,
    logged: bool,
    pace: Arc<Mutex<Pace>>,
    counts: Mutex<Map<String, Value>>,
}

impl Phase {
    /// So much more is done.
    pub(crate) fn advance(&self, amount: u64) {
        self.bar.inc(amount);
    }

    /// Tells what the phase came to, for the log of its end.
    pub(crate) fn count(&self, what: &str, number: u64) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).insert(what.to_owned(), json!(number));
    }

    /// One line of the log.
    fn log(&self, event: &str, more: Map<String, Value>) {
        if !self.logged {
            return;
        }
        let phase = self.name.to_lowercase().replace(' ', "-");
        let mut line = json!({"at": clock::now(), "phase": phase, "event": event});
        more.into_iter().for_each(|(name, value)| line[name] = value);
        // Nowhere is left to tell that standard error is gone.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        let seconds = self.began.elapsed().as_secs_f64();
        if self.name == "Reading" {
            self.pace.lock().unwrap_or_else(PoisonError::into_inner).reading = Some(seconds);
        }
        let mut more = Map::new();
        more.insert("seconds".to_owned(), json!((seconds * 1000.0).round() / 1000.0));
        more.extend(std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner)));
        self.log("end", more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_phase_is_that_of_an_earlier_run_or_known_from_reading() {
        let progress = Progress::new(false, false);
        assert_eq!(progress.expected("Linking"), None, "nothing is known yet");
        progress.pace().reading = Some(2.0);
        assert_eq!(progress.expected("Linking"), Some(Duration::from_secs(8)));
        assert_eq!(progress.expected("Packing"), None);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("run.json"), r#"{"seconds": {"link": 3.0, "total": 9.0}}"#).unwrap();
        progress.expect_as_in(folder.path());
        assert_eq!(progress.expected("Linking"), Some(Duration::from_secs(3)));
        assert_eq!(progress.expected("Writing"), Some(Duration::from_secs(1)));
    }
}
