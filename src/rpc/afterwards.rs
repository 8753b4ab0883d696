//! What is to be done right after a request was answered.

use std::fmt;
use std::sync::Mutex;

use super::lock;

/// Something to be done once the answer of a request was written. Dropped without that, it is not done.
#[derive(Default)]
pub(super) struct Afterwards(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Afterwards {
    /// Has this done.
    pub(super) fn set(&self, act: impl FnOnce() + Send + 'static) {
        *lock(&self.0) = Some(Box::new(act));
    }

    /// The answer was written.
    pub(super) fn run(&self) {
        let act = lock(&self.0).take();
        if let Some(act) = act {
            act();
        }
    }
}

impl fmt::Debug for Afterwards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Afterwards").field(&lock(&self.0).is_some()).finish()
    }
}
