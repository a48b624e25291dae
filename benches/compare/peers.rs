//! What omoide is compared with; what is missing of it is installed or built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Outcome;
use super::place::Place;

pub(crate) const BKT_VERSION: &str = "0.8.2";

/// The least that a process can do.
const NO_OP: &str = "int main(void) { return 0; }\n";

/// The programs.
pub(crate) struct Peers {
    pub(crate) omoide: PathBuf,
    pub(crate) bkt: PathBuf,
    /// `/bin/true`.
    pub(crate) nothing: PathBuf,
    /// Does nothing either, and needs no loader for it.
    pub(crate) no_op: PathBuf,
}

impl Peers {
    pub(crate) fn find(omoide: Option<&Path>, bkt: Option<&Path>) -> Outcome<Peers> {
        Ok(Peers {
            omoide: fs::canonicalize(omoide.map_or_else(install, |path| Ok(path.to_owned()))?)?,
            bkt: fs::canonicalize(bkt.map_or_else(install_bkt, |path| Ok(path.to_owned()))?)?,
            nothing: "/bin/true".into(),
            no_op: build_no_op()?,
        })
    }

    /// A call of omoide.
    pub(crate) fn omoide(&self, place: &Place, words: &[&str]) -> Command {
        place.command(&self.omoide, words)
    }

    /// A call of bkt, with the time limit that it needs.
    pub(crate) fn bkt(&self, place: &Place, words: &[&str]) -> Command {
        place.command(&self.bkt, &[&["--ttl", "1h", "--"], words].concat())
    }
}

/// A copy of what was built, as `cargo install` makes one. The file that the linker wrote is in the
/// page cache in pieces of 4 KiB, a copy in larger ones, which takes a tenth off the start of any
/// program.
fn install() -> Outcome<PathBuf> {
    let path = folder()?.join("omoide");
    let _ = fs::remove_file(&path);
    fs::copy(env!("CARGO_BIN_EXE_omoide"), &path)?;
    Ok(path)
}

fn install_bkt() -> Outcome<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-tools");
    let path = root.join("bin/bkt");
    if !path.exists() {
        println!("installing bkt {BKT_VERSION} into {}", root.display());
        let mut install = Command::new(env!("CARGO"));
        install.args(["install", "--locked", "bkt", "--version", BKT_VERSION, "--root"]).arg(&root);
        run(&mut install)?;
    }
    Ok(path)
}

fn build_no_op() -> Outcome<PathBuf> {
    let (source, path) = (folder()?.join("no-op.c"), folder()?.join("no-op"));
    fs::write(&source, NO_OP)?;
    run(Command::new("cc").args(["-O2", "-static", "-o"]).arg(&path).arg(&source))?;
    Ok(path)
}

fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    super::measure::succeeded(command, status)
}

/// Where places and generated stores are: on the disk that the build is on.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A place with the default settings, on that disk.
pub(crate) fn place() -> Outcome<Place> {
    Place::new(&folder()?, "")
}

/// Removes everything that either of them has cached.
pub(crate) fn clear(place: &Place) -> Outcome {
    for name in ["home/.cache", "tmp"] {
        let path = place.path(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
    }
    fs::create_dir_all(place.path("tmp"))?;
    Ok(())
}
