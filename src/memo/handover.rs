//! What callers hand to the daemon: secrets that it may not find on the disk, and stale entries to
//! be recomputed. All of it in processes of their own: a daemon that hangs holds nobody up.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::Call;
use crate::ipc::{self, Request, Secrets};
use crate::model::entry::Nonce;
use crate::model::job::JobOrder;
use crate::model::recipe::Variable;
use crate::model::secret::looks_secret;
use crate::store::Store;
use crate::sys::{clock, fork};

/// Hands the daemon, if there is one, what is withheld from the recipe of a call.
pub(super) fn bring_secrets(store: &Store, call: &Call<'_>) {
    let variables = secrets(call);
    if variables.is_empty() || !store.has_daemon() {
        return;
    }
    let _ = fork::detached_here(None, || {
        // The descriptors of the caller's store are closed by now.
        let Ok(Some(store)) = Store::open(store.path()) else { return };
        store.bring_secrets(&call.key);
        let request = Request::Secrets(Secrets { key: call.key, variables });
        if ipc::hand_over(&store, &request).is_err() {
            // The next caller tries again.
            let _ = store.want_secrets(&call.key);
        }
    });
}

/// Has the daemon, if there is one, recompute what a call was just served; whether it will.
pub(super) fn is_taken_over(store: &Store, call: &Call<'_>, nonce: Nonce) -> bool {
    let Ok(folder) = std::path::absolute(store.path()) else { return false };
    store.has_daemon()
        && ipc::hand_over(store, &Request::Refresh(Box::new(order(call, nonce, &folder)))).is_ok()
}

fn order(call: &Call<'_>, nonce: Nonce, folder: &Path) -> JobOrder {
    JobOrder {
        folder: folder.as_os_str().as_bytes().to_vec(),
        key: call.key,
        nonce,
        recipe: Some(call.recipe(clock::now())),
        secrets: secrets(call),
        force: false,
    }
}

fn secrets(call: &Call<'_>) -> Vec<Variable> {
    let secrets =
        call.identity.environment.iter().filter(|(name, value)| looks_secret(name, value));
    secrets.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}
