//! Links the program statically where the C library can be: a dynamically linked one spends more
//! time in the dynamic loader than on a hit.
//!
//! Cargo has no way to ask for that from within a package: `+crt-static` would have to be set by
//! whoever builds, together with a target. So the C library's archives are put in the place of its
//! shared objects, by linker scripts of their names, and the compiler driver is told to link a
//! static executable. Where there are no archives the program is linked as usual.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Shared objects by the names that the linker looks for, and the archives that take their place.
const REPLACED: [(&str, &[&str]); 3] = [
    ("libc.so", &["libc.a", "libgcc.a", "libgcc_eh.a"]),
    ("libm.so", &["libm.a"]),
    ("libgcc_s.so", &["libgcc_eh.a", "libgcc.a", "libc.a"]),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=OMOIDE_LINK");
    if !is_native_glibc() || variable("OMOIDE_LINK") == "dynamic" {
        return;
    }
    let folder = PathBuf::from(variable("OUT_DIR"));
    if REPLACED.iter().all(|(name, archives)| replace(&folder, name, archives)) {
        println!("cargo::rustc-link-arg-bins=-L{}", folder.display());
        // Not position-independent either: a program that moves itself when it starts spends a
        // fifteenth of a hit on it.
        println!("cargo::rustc-link-arg-bins=-static");
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

fn is_native_glibc() -> bool {
    variable("CARGO_CFG_TARGET_OS") == "linux"
        && variable("CARGO_CFG_TARGET_ENV") == "gnu"
        && variable("HOST") == variable("TARGET")
}

/// Writes the linker script of one shared object; whether all archives are there.
fn replace(folder: &Path, name: &str, archives: &[&str]) -> bool {
    let Some(archives) = archives.iter().map(|name| find(name)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    fs::write(folder.join(name), format!("GROUP({})\n", archives.join(" "))).is_ok()
}

/// The path of an archive, as the compiler driver finds it.
fn find(name: &str) -> Option<String> {
    let driver = match variable("RUSTC_LINKER") {
        linker if linker.is_empty() => "cc".to_owned(),
        linker => linker,
    };
    let found = Command::new(driver).arg(format!("-print-file-name={name}")).output().ok()?;
    let path = String::from_utf8(found.stdout).ok()?.trim().to_owned();
    // A name that isn't found is repeated as it is.
    Path::new(&path).is_absolute().then_some(path)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
