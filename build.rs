//! Links the program statically where the C library can be: a dynamically linked one spends more
//! time in the dynamic loader than on a hit.
//!
//! Cargo has no way to ask for that from within a package: `+crt-static` would have to be set by
//! whoever builds, together with a target. So the C library's archives are put in the place of its
//! shared objects, by linker scripts of their names, and the compiler driver is told to link a
//! static executable. Where there are no archives the program is linked as usual.
//!
//! What a hit runs is put together in the file too (`link/hit.ld`), if the linker can do that, and
//! a step of the C library's start is left out (`src/sys/origin.rs`), if it is still made of parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Shared objects by the names that the linker looks for, and the archives that take their place.
const REPLACED: [(&str, &[&str]); 3] = [
    ("libc.so", &["libc.a", "libgcc.a", "libgcc_eh.a"]),
    ("libm.so", &["libm.a"]),
    ("libgcc_s.so", &["libgcc_eh.a", "libgcc.a", "libc.a"]),
];

/// Which sections are to stand side by side, as a linker script.
const ORDER: &str = "link/hit.ld";

/// The smallest program.
const TRIAL: &str = "fn main() {}\n";

/// What takes the place of a function of the C library.
const ORIGIN: &str = "src/sys/origin.rs";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(own_origin)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={ORDER}");
    println!("cargo::rerun-if-changed={ORIGIN}");
    println!("cargo::rerun-if-env-changed=OMOIDE_LINK");
    if !is_native_glibc() || variable("OMOIDE_LINK") == "dynamic" {
        return;
    }
    let folder = PathBuf::from(variable("OUT_DIR"));
    if REPLACED.iter().all(|(name, archives)| replace(&folder, name, archives)) {
        // Not position-independent either: a program that moves itself when it starts spends a
        // fifteenth of a hit on it.
        let mut args = vec![format!("-L{}", folder.display()), "-static".into(), "-no-pie".into()];
        let package = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
        let order = package.join(ORDER);
        // Constants beside the code: one mapping less to make.
        for wish in [format!("-T{}", order.display()), "-Wl,--no-rosegment".into()] {
            args.push(wish);
            if !works(&folder, TRIAL, &args) {
                args.pop();
            }
        }
        if fs::read_to_string(package.join(ORIGIN))
            .is_ok_and(|own| works(&folder, &(own + TRIAL), &args))
        {
            println!("cargo::rustc-cfg=own_origin");
        }
        for arg in args {
            println!("cargo::rustc-link-arg-bins={arg}");
        }
    }
}

/// Whether a program is linked with these arguments by the compiler, the linker and the flags that
/// the package is built with, and runs.
fn works(folder: &Path, source: &str, args: &[String]) -> bool {
    let (file, program) = (folder.join("trial.rs"), folder.join("trial"));
    if fs::write(&file, source).is_err() {
        return false;
    }
    let mut compiler = Command::new(variable("RUSTC"));
    compiler.arg(file).arg("-o").arg(&program);
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    compiler.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    if !variable("RUSTC_LINKER").is_empty() {
        compiler.arg(format!("-Clinker={}", variable("RUSTC_LINKER")));
    }
    compiler.args(args.iter().map(|arg| format!("-Clink-arg={arg}")));
    let succeeds =
        |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let succeeded = succeeds(&mut compiler) && succeeds(&mut Command::new(&program));
    let _ = fs::remove_file(program);
    succeeded
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
