//! Progress on standard error, only where a person watches.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The phases of a command, shown one at a time.
pub(crate) struct Progress {
    shown: bool,
}

impl Progress {
    /// Progress that is shown or not.
    pub(crate) fn new(shown: bool) -> Progress {
        Progress { shown }
    }

    /// Starts a phase of unknown length. It ends when dropped.
    pub(crate) fn phase(&self, name: &'static str) -> Phase {
        let bar = if self.shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:<12} {spinner} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(name);
        bar.enable_steady_tick(Duration::from_millis(120));
        Phase { bar }
    }

    /// Starts a phase over so many bytes. It ends when dropped.
    pub(crate) fn bytes(&self, name: &'static str, total: u64) -> Phase {
        let bar = if self.shown { ProgressBar::new(total) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:<12} {bar:40} {bytes:>10} of {total_bytes}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(name);
        Phase { bar }
    }
}

/// A phase under way.
pub(crate) struct Phase {
    bar: ProgressBar,
}

impl Phase {
    /// So much more is done.
    pub(crate) fn advance(&self, amount: u64) {
        self.bar.inc(amount);
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
