//! What callers hand to the daemon: secrets that it may not find on the disk, and stale entries to
//! be recomputed. All of it in processes of their own: a daemon that hangs holds nobody up.

use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use super::Call;
use crate::ipc::{Client, Reply, Request, Secrets};
use crate::model::entry::Nonce;
use crate::model::job::JobOrder;
use crate::model::recipe::Variable;
use crate::model::secret::looks_secret;
use crate::store::Store;
use crate::sys::fork;

/// How long a daemon may take to say that it has noted something.
const PATIENCE: Duration = Duration::from_secs(2);

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
        if !is_noted(&store, &request) {
            // The next caller tries again.
            let _ = store.want_secrets(&call.key);
        }
    });
}

/// Has the daemon, if there is one, recompute what a call was just served; whether it will.
pub(super) fn is_taken_over(store: &Store, call: &Call<'_>, nonce: Nonce) -> bool {
    let Ok(folder) = std::path::absolute(store.path()) else { return false };
    store.has_daemon()
        && is_noted(
            store,
            &Request::Refresh(Box::new(JobOrder {
                folder: folder.as_os_str().as_bytes().to_vec(),
                key: call.key,
                nonce,
                recipe: Some(call.recipe(crate::sys::clock::now())),
                secrets: secrets(call),
                force: false,
            })),
        )
}

fn is_noted(store: &Store, request: &Request) -> bool {
    let deadline = Instant::now() + PATIENCE;
    let reply =
        Client::connect(store, deadline).and_then(|mut client| client.ask(request, deadline));
    matches!(reply, Ok(Reply::Noted))
}

fn secrets(call: &Call<'_>) -> Vec<Variable> {
    let secrets =
        call.identity.environment.iter().filter(|(name, value)| looks_secret(name, value));
    secrets.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}
