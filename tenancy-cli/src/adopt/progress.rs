//! Progress of a stage: a bar for the rows that are filled and a line for everything else, on a terminal; plain lines into a log.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tenancy_core::adopt::Progress;

use crate::style;

pub(super) struct Bars(Arc<Mutex<State>>);

struct State {
    bar: ProgressBar,
    is_terminal: bool,
    /// Of which table the bar is.
    filling: Option<String>,
    /// The last tenth that was said, where there is no terminal.
    tenth: u64,
}

impl Bars {
    pub(super) fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if is_terminal {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self(Arc::new(Mutex::new(State { bar, is_terminal, filling: None, tenth: 0 })))
    }

    pub(super) fn listener(&self) -> impl Fn(&Progress) + Send + Sync + 'static {
        let state = Arc::clone(&self.0);
        move |progress| state.lock().unwrap_or_else(PoisonError::into_inner).show(progress)
    }

    /// Takes the bar from the screen.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bar.finish_and_clear();
    }
}

impl State {
    fn show(&mut self, progress: &Progress) {
        match progress {
            Progress::Step { table, what } => {
                self.line(&format!("{table}: {what}"));
            }
            Progress::Filled { table, done, of, rows } => {
                if self.filling.as_ref() != Some(table) {
                    self.filling = Some(table.clone());
                    self.tenth = 0;
                    let bar = ProgressStyle::with_template("{msg} {bar:30} {percent:>3}% {eta}");
                    self.bar.set_style(bar.unwrap_or_else(|_| ProgressStyle::default_bar()));
                }
                self.bar.set_length(*of);
                self.bar.set_position(*done);
                self.bar.set_message(format!("{table}: {rows} rows filled"));
                let tenth = if *of == 0 { 10 } else { done * 10 / of };
                if !self.is_terminal && tenth > self.tenth {
                    self.tenth = tenth;
                    eprintln!("{table}: {rows} rows filled, {} % of the table", tenth * 10);
                }
            }
            Progress::Waiting { table, what, waited } => {
                self.line(&format!("{table}: {what}: waiting for others, for {} s", waited.as_secs()));
            }
            _ => {}
        }
    }

    fn line(&mut self, text: &str) {
        if self.is_terminal {
            self.filling = None;
            let spinner = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            self.bar.set_style(spinner.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            self.bar.set_message(text.to_owned());
        } else {
            anstream::eprintln!("{} {text}", style::faint("…"));
        }
    }
}
