//! `omoide daemon install` and `uninstall`: the files by which the user's service manager runs the
//! daemon.
//!
//! Nothing is started or stopped: there may be no service manager within reach (in a container, by
//! ssh), and what would happen to a running daemon is for its user to decide. What to do next is
//! said instead.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::args::{InstallArgs, Manager};
use super::units::{MARK, Service};
use crate::cli::context::Context;
use crate::cli::error::{Exit, Failure};
use crate::cli::render::out;
use crate::model::escape;
use crate::program;
use crate::store::Store;

const SERVICE: &str = "omoide.service";
const SOCKET: &str = "omoide.socket";
/// Where `systemctl enable` puts a link to a unit.
const LINKS: [(&str, &str); 2] =
    [("default.target.wants", SERVICE), ("sockets.target.wants", SOCKET)];
const LABEL: &str = "omoide.daemon";

/// A file to be written.
struct Planned {
    path: PathBuf,
    text: String,
}

/// Writes the files, or shows them.
pub(super) fn install(context: &Context, args: &InstallArgs) -> Result<Exit, Failure> {
    let manager = args.manager();
    let folder = folder(context, manager)?;
    let cache = absolute(&context.cache_dir(&context.config()?)?)?;
    let files = plan(context, manager, &folder, &cache)?;
    if args.print {
        return show(&files);
    }
    for file in &files {
        if !is_ours_or_absent(&file.path)? {
            return Err(Failure::new(format!(
                "{} is not from omoide; move it away first",
                shown(&file.path)
            )));
        }
    }
    // The socket's folder must be there, and be for nobody else.
    Store::prepare(&cache).map_err(|error| Failure::new(error.to_string()))?;
    let mut text = String::new();
    for file in &files {
        write(file).map_err(|error| failed("write", &file.path, &error))?;
        let _ = writeln!(text, "wrote {}", shown(&file.path));
    }
    let has_socket = files.iter().any(|file| file.path.ends_with(SOCKET));
    if manager == Manager::Systemd && !has_socket {
        out::complain("no unit can name the socket of this cache folder; written without one");
    }
    text.push_str(&how_to_start(manager, &folder, has_socket));
    out::print(&text)?;
    Ok(Exit::OK)
}

/// Removes what [`install`] wrote and what enabling it has linked, or shows what that would be.
pub(super) fn uninstall(context: &Context, args: &InstallArgs) -> Result<Exit, Failure> {
    let manager = args.manager();
    let folder = folder(context, manager)?;
    let paths = installed(manager, &folder)?;
    let mut text = String::new();
    for path in &paths {
        if args.print {
            let _ = writeln!(text, "{}", shown(path));
            continue;
        }
        fs::remove_file(path).map_err(|error| failed("remove", path, &error))?;
        let _ = writeln!(text, "removed {}", shown(path));
    }
    if paths.is_empty() {
        text.push_str("nothing of omoide is installed\n");
    } else if !args.print {
        text.push_str(&how_to_stop(manager));
    }
    out::print(&text)?;
    Ok(Exit::OK)
}

fn how_to_start(manager: Manager, folder: &Path, has_socket: bool) -> String {
    let commands = match (manager, has_socket) {
        (Manager::Launchd, _) => {
            let list = folder.join(plist());
            let list = escape::command(&[list.as_os_str().as_bytes()]);
            format!("  launchctl bootstrap gui/$(id -u) {list}\n")
        }
        (Manager::Systemd, true) => enable(&format!("{SOCKET} {SERVICE}")),
        (Manager::Systemd, false) => enable(SERVICE),
    };
    format!("to run the daemon now and at each login:\n{commands}")
}

fn enable(units: &str) -> String {
    format!("  systemctl --user daemon-reload\n  systemctl --user enable --now {units}\n")
}

fn how_to_stop(manager: Manager) -> String {
    let commands = match manager {
        Manager::Launchd => format!("  launchctl bootout gui/$(id -u)/{LABEL}\n"),
        Manager::Systemd => {
            format!(
                "  systemctl --user stop {SOCKET} {SERVICE}\n  systemctl --user daemon-reload\n"
            )
        }
    };
    format!("to stop a daemon that was started by it:\n{commands}")
}

fn show(files: &[Planned]) -> Result<Exit, Failure> {
    let mut text = String::new();
    for file in files {
        let gap = if text.is_empty() { "" } else { "\n" };
        // A comment to systemd; a property list stands alone, so that it can be piped on.
        if files.len() > 1 || file.path.ends_with(SERVICE) {
            let _ = writeln!(text, "{gap}# {}", shown(&file.path));
        }
        text.push_str(&file.text);
    }
    out::print(&text)?;
    Ok(Exit::OK)
}

fn plan(
    context: &Context,
    manager: Manager,
    folder: &Path,
    cache: &Path,
) -> Result<Vec<Planned>, Failure> {
    let program = own_program(context)?;
    let mut command: Vec<&[u8]> = vec![program.as_os_str().as_bytes()];
    let config = context.named_config().map(absolute).transpose()?;
    if let Some(config) = &config {
        command.extend([b"--config".as_slice(), config.as_os_str().as_bytes()]);
    }
    command.extend([b"--cache-dir".as_slice(), cache.as_os_str().as_bytes(), b"daemon", b"run"]);
    let socket = Store::socket_below(cache);
    let service = Service { command: &command, socket: socket.as_os_str().as_bytes() };
    Ok(match manager {
        Manager::Systemd => {
            let unit = |name: &str, text| Planned { path: folder.join(name), text };
            let socket = service.systemd_socket().map(|text| unit(SOCKET, text));
            [unit(SERVICE, service.systemd_service())].into_iter().chain(socket).collect()
        }
        Manager::Launchd => {
            let text = service.launchd(LABEL).ok_or_else(|| {
                let paths = format!("{} or {}", shown(&program), shown(cache));
                Failure::new(format!("{paths} can't be named in a property list"))
            })?;
            vec![Planned { path: folder.join(plist()), text }]
        }
    })
}

/// Where the manager looks for what a user has installed.
fn folder(context: &Context, manager: Manager) -> Result<PathBuf, Failure> {
    let places = context
        .places()
        .ok_or_else(|| Failure::new("there is no home to install into; set HOME".to_owned()))?;
    Ok(match manager {
        Manager::Systemd => places.config_dir.join("systemd/user"),
        Manager::Launchd => places.home.join("Library/LaunchAgents"),
    })
}

fn plist() -> String {
    format!("{LABEL}.plist")
}

/// The files and links that are there and are ours.
fn installed(manager: Manager, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let names: &[&str] = match manager {
        Manager::Systemd => &[SERVICE, SOCKET],
        Manager::Launchd => &[&plist()],
    };
    let mut found = Vec::new();
    for path in names.iter().map(|name| folder.join(name)) {
        if path.symlink_metadata().is_ok() && is_ours_or_absent(&path)? {
            found.push(path);
        }
    }
    if manager == Manager::Systemd {
        for (wants, name) in LINKS {
            let link = folder.join(wants).join(name);
            let unit = folder.join(name);
            if found.contains(&unit) && fs::read_link(&link).is_ok_and(|target| target == unit) {
                found.push(link);
            }
        }
    }
    Ok(found)
}

/// Whether a file may be replaced or removed: not one that somebody else has written, nor a link.
fn is_ours_or_absent(path: &Path) -> Result<bool, Failure> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(failed("look at", path, &error)),
        Ok(metadata) if !metadata.is_file() => Ok(false),
        Ok(_) => {
            let content = fs::read(path).map_err(|error| failed("read", path, &error))?;
            Ok(content.windows(MARK.len()).any(|part| part == MARK.as_bytes()))
        }
    }
}

/// Whoever reads it meanwhile sees the old one or the new one.
fn write(file: &Planned) -> io::Result<()> {
    let folder = file.path.parent().ok_or(io::ErrorKind::NotFound)?;
    fs::create_dir_all(folder)?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(file.text.as_bytes())?;
    temporary.persist(&file.path)?;
    Ok(())
}

/// The path of this program that outlives its next upgrade: as PATH has it, if that is this one.
fn own_program(context: &Context) -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let path = context.variable("PATH").map(OsStr::as_bytes);
    let found = program::find(OsStr::new("omoide"), path, None).ok();
    let named = found.filter(|found| found.real == own).map(|found| found.path);
    let program = named.filter(|path| path.is_absolute()).unwrap_or(own);
    if program.exists() {
        Ok(program)
    } else {
        Err(Failure::new(format!("{} is not there any more", shown(&program))))
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| failed("find", path, &error))
}

fn shown(path: &Path) -> String {
    escape::bytes(path.as_os_str().as_bytes())
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("failed to {what} {}: {error}", shown(path)))
}
