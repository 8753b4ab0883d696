//! The search through all messages.
//!
//! The index is FTS5's; what a word is, is ours (`words`), since the languages that are written without spaces need
//! it, and since what is highlighted must be what was found. FTS5's own tokenizers do not do: `unicode61` takes a
//! whole Chinese sentence for one word and cuts Thai and Hindi ones at every mark, `trigram` finds nothing shorter
//! than three characters.
//!
//! A message is indexed in the transaction that writes it. Those of a history from before there was an index are
//! indexed behind, from the newest down (`index`). The index is in the order of the messages' times (`position`), so that
//! the newest first are a walk through it that sorts nothing.

mod index;
mod page;
mod position;
mod query;
mod rank;
mod snippet;
mod text;
mod words;

#[cfg(test)]
pub(super) use self::index::{BEFORE, OF_SESSION};
pub(super) use self::index::{
    Entry, add, begin_anew, catch_up, entry, is_damage_of_the_index, remove_days, remove_session,
};
pub(super) use self::page::page;
#[cfg(test)]
pub(super) use self::page::{BOUNDS, BY_POSITION, NEWEST};
pub use self::page::{SearchHit, SearchOrder, SearchPage, SearchQuery, SearchStart};
#[cfg(test)]
pub(super) use self::position::{FIRST, IS_TAKEN, LAST};
pub use self::query::Terms;
#[cfg(test)]
pub(super) use self::rank::{NEWEST as CANDIDATES, NUMBERS};
pub use self::snippet::Snippet;
