//! The best record of each child: one value for each field where records differ, with the rule and the record that it
//! came by, what else is told beside it, and what was told before.
//!
//! Rules are data: `data/survivorship/child-health.toml`. Nothing is lost by them: every other value stands in the
//! history or among the conflicts. Of a sensitive child no whereabouts are told, whichever record holds them.

mod choose;
mod history;
mod rules;
mod sheets;

pub use choose::{BestChild, Chosen, Death, Deaths, Told, best_children};
pub use history::{Telling, history_columns, in_order, tellings, write_history};
pub use rules::{Group, Rules, Test};
pub use sheets::{
    best_columns, conflicts_columns, origins_columns, read_withdrawn, write_best, write_conflicts, write_origins,
};
