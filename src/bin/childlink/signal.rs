//! Signals: a run that is told to end leaves nothing half written.

/// From now on, a signal to end takes away the files under way and ends the process at once; what was finished stays.
/// A file that grows past a limit is an error like that of a full disk, and not the end of the process.
#[cfg(unix)]
pub(crate) fn heed() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    // Without these a signal ends the process as it always does, and the next run clears away.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Held to the end: nothing is put in its place any more.
            let _held = crate::output::abandon();
            eprintln!("childlink: told to end; what was finished is kept (a run of a project goes on with --resume)");
            std::process::exit(128 + signal);
        }
    });
}

/// Elsewhere the system's own way of ending holds.
#[cfg(not(unix))]
pub(crate) fn heed() {}
