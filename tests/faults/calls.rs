//! System calls: their names, what they are about, and which of them aren't made to fail.

use crate::tracer::{Seen, text_of};

macro_rules! names {
    ($($name:ident: $number:ident),+ $(,)?) => {
        &[$((stringify!($name), libc::$number)),+]
    };
}

/// Those that the program is known to make. One that is missing is told by its number.
const NAMES: &[(&str, i64)] = names! {
    access: SYS_access, arch_prctl: SYS_arch_prctl, bind: SYS_bind, brk: SYS_brk,
    chdir: SYS_chdir, clock_gettime: SYS_clock_gettime, clock_nanosleep: SYS_clock_nanosleep,
    clone: SYS_clone, clone3: SYS_clone3, close: SYS_close, close_range: SYS_close_range,
    connect: SYS_connect, copy_file_range: SYS_copy_file_range, dup: SYS_dup, dup2: SYS_dup2,
    dup3: SYS_dup3, execve: SYS_execve, exit: SYS_exit, exit_group: SYS_exit_group,
    faccessat: SYS_faccessat, faccessat2: SYS_faccessat2, fallocate: SYS_fallocate,
    fchmod: SYS_fchmod, fcntl: SYS_fcntl, fdatasync: SYS_fdatasync, flock: SYS_flock,
    fork: SYS_fork, fstat: SYS_fstat, fstatfs: SYS_fstatfs, fsync: SYS_fsync,
    ftruncate: SYS_ftruncate, futex: SYS_futex, getcwd: SYS_getcwd, getdents64: SYS_getdents64,
    getegid: SYS_getegid, geteuid: SYS_geteuid, getgid: SYS_getgid, getpgid: SYS_getpgid,
    getpgrp: SYS_getpgrp, getpid: SYS_getpid, getppid: SYS_getppid, getrandom: SYS_getrandom,
    gettid: SYS_gettid, getuid: SYS_getuid, ioctl: SYS_ioctl, kill: SYS_kill, linkat: SYS_linkat,
    lseek: SYS_lseek, lstat: SYS_lstat, madvise: SYS_madvise, membarrier: SYS_membarrier,
    memfd_create: SYS_memfd_create, mkdir: SYS_mkdir, mkdirat: SYS_mkdirat, mmap: SYS_mmap,
    mprotect: SYS_mprotect, mremap: SYS_mremap, munmap: SYS_munmap, newfstatat: SYS_newfstatat,
    open: SYS_open, openat: SYS_openat, openat2: SYS_openat2, pidfd_open: SYS_pidfd_open,
    pidfd_send_signal: SYS_pidfd_send_signal, pipe2: SYS_pipe2, poll: SYS_poll,
    ppoll: SYS_ppoll, prctl: SYS_prctl, pread64: SYS_pread64, prlimit64: SYS_prlimit64,
    pwrite64: SYS_pwrite64, read: SYS_read, readlink: SYS_readlink, readlinkat: SYS_readlinkat,
    readv: SYS_readv, recvfrom: SYS_recvfrom, rename: SYS_rename, renameat: SYS_renameat, renameat2: SYS_renameat2,
    rmdir: SYS_rmdir, rseq: SYS_rseq, rt_sigaction: SYS_rt_sigaction,
    rt_sigprocmask: SYS_rt_sigprocmask, rt_sigreturn: SYS_rt_sigreturn,
    sched_getaffinity: SYS_sched_getaffinity, sched_yield: SYS_sched_yield,
    sendfile: SYS_sendfile, sendto: SYS_sendto, set_robust_list: SYS_set_robust_list,
    set_tid_address: SYS_set_tid_address, setsid: SYS_setsid, sigaltstack: SYS_sigaltstack,
    signalfd4: SYS_signalfd4, socket: SYS_socket, stat: SYS_stat, statfs: SYS_statfs,
    statx: SYS_statx, sync_file_range: SYS_sync_file_range, sysinfo: SYS_sysinfo,
    tgkill: SYS_tgkill, timerfd_create: SYS_timerfd_create, timerfd_settime: SYS_timerfd_settime,
    umask: SYS_umask, uname: SYS_uname, unlink: SYS_unlink, unlinkat: SYS_unlinkat,
    vfork: SYS_vfork, wait4: SYS_wait4, waitid: SYS_waitid, write: SYS_write,
    writev: SYS_writev,
};

/// What a call is called.
pub(crate) fn name(number: i64) -> String {
    let known = NAMES.iter().find(|(_, known)| *known == number);
    known.map_or_else(|| format!("call {number}"), |(name, _)| (*name).to_owned())
}

/// The errors that every call is made to fail with.
pub(crate) const ERRORS: [(&str, i32); 6] = [
    ("EIO", libc::EIO),
    ("ENOSPC", libc::ENOSPC),
    ("EMFILE", libc::EMFILE),
    ("ENOMEM", libc::ENOMEM),
    ("EINTR", libc::EINTR),
    ("EAGAIN", libc::EAGAIN),
];

/// The errors that a kernel without a call has for it, and a sandbox that doesn't let it pass.
pub(crate) const REFUSALS: [(&str, i32); 2] = [("EPERM", libc::EPERM), ("ENOSYS", libc::ENOSYS)];

/// What an error is called.
pub(crate) fn error_name(error: i32) -> &'static str {
    let known = ERRORS.iter().chain(&REFUSALS).find(|(_, known)| *known == error);
    known.map_or("?", |(name, _)| name)
}

/// Calls that never fail, with why.
const NEVER: [(&str, &str); 10] = [
    ("brk", "it answers with an address, never with an error"),
    ("getpid", "it can't"),
    ("recvfrom", "it is the standard library's, of a pair of sockets that it has just made"),
    ("rseq", "it is the C library's, at the start of a thread"),
    ("set_robust_list", "it is the C library's, at the start of a thread"),
    ("execve", "it is the command's: what the kernel says of it is what there is to say"),
    ("exit", "it doesn't return"),
    ("exit_group", "it doesn't return"),
    ("rt_sigreturn", "it doesn't return"),
    ("munmap", "it fails for a wrong address only, and the memory would stay in use"),
];

/// Calls of the memory's management: the only error that they know is that there is none.
const MEMORY: [&str; 4] = ["mmap", "mremap", "mprotect", "madvise"];

/// What closing a file may bring to light of what was written to it before.
const CLOSING: [i32; 3] = [libc::EIO, libc::ENOSPC, libc::EINTR];

/// What waiting for another thread may bring: at anything else the standard library ends the process.
const WAITING: [i32; 2] = [libc::EINTR, libc::EAGAIN];

/// Whether a call may be made to fail with an error.
pub(crate) fn may_fail(call: &Seen, error: i32) -> bool {
    let name = name(call.number);
    if NEVER.iter().any(|(never, _)| *never == name) {
        return false;
    }
    match name.as_str() {
        // Of a directory nothing can come to light; the standard library relies on that.
        "close" => CLOSING.contains(&error) && !call.about.ends_with('/'),
        "futex" => WAITING.contains(&error),
        memory if MEMORY.contains(&memory) => error == libc::ENOMEM,
        _ => true,
    }
}

/// Calls without which no command runs, ours or another: refused for good, there is nothing that
/// could be done, and nothing to be done for.
const VITAL: [&str; 6] = ["mmap", "mprotect", "newfstatat", "openat", "read", "write"];

/// Whether a call may be refused: once, or from then on.
pub(crate) fn may_be_refused(number: i64, is_lasting: bool) -> bool {
    let name = name(number);
    let is_vital = VITAL.contains(&name.as_str());
    let is_never = ["close", "futex"].contains(&name.as_str())
        || NEVER.iter().any(|(never, _)| *never == name);
    !(is_never || is_lasting && is_vital)
}

/// Whether a call reads what the command says, and an error says that it can't: something may be
/// missing then, which is said, and nothing of it is stored.
pub(crate) fn loses_output(call: &Seen, error: i32) -> bool {
    let is_output = call.number == libc::SYS_read && call.about.starts_with("pipe:");
    is_output && ![libc::EINTR, libc::EAGAIN].contains(&error)
}

/// Whether a call hands output to the caller, whose descriptors are pipes, and an error says that it
/// can't be: that is the caller's business, and is said.
pub(crate) fn keeps_output_back(call: &Seen, error: i32) -> bool {
    let name = name(call.number);
    let is_delivery =
        ["write", "sendto"].contains(&name.as_str()) && call.about.starts_with("pipe:");
    is_delivery && ![libc::EINTR, libc::EAGAIN].contains(&error)
}

/// What a call is about.
pub(crate) fn about(id: i32, number: i64, args: &[u64; 6]) -> String {
    let text = |address: u64| text_of(id, address).unwrap_or_else(|| "?".to_owned());
    let file = |descriptor: u64| {
        let path = format!("/proc/{id}/fd/{descriptor}");
        let end = if std::fs::metadata(&path).is_ok_and(|file| file.is_dir()) { "/" } else { "" };
        let link = std::fs::read_link(path);
        link.map_or_else(|_| "?".to_owned(), |link| format!("{}{end}", link.to_string_lossy()))
    };
    let about = match number {
        libc::SYS_openat
        | libc::SYS_openat2
        | libc::SYS_newfstatat
        | libc::SYS_faccessat
        | libc::SYS_faccessat2
        | libc::SYS_mkdirat
        | libc::SYS_readlinkat
        | libc::SYS_statx
        | libc::SYS_unlinkat => text(args[1]),
        libc::SYS_renameat | libc::SYS_renameat2 | libc::SYS_linkat => text(args[3]),
        libc::SYS_open
        | libc::SYS_stat
        | libc::SYS_lstat
        | libc::SYS_access
        | libc::SYS_readlink
        | libc::SYS_mkdir
        | libc::SYS_unlink
        | libc::SYS_chdir
        | libc::SYS_execve => text(args[0]),
        libc::SYS_read
        | libc::SYS_write
        | libc::SYS_pread64
        | libc::SYS_pwrite64
        | libc::SYS_readv
        | libc::SYS_writev
        | libc::SYS_close
        | libc::SYS_fstat
        | libc::SYS_fcntl
        | libc::SYS_flock
        | libc::SYS_fsync
        | libc::SYS_fdatasync
        | libc::SYS_ftruncate
        | libc::SYS_getdents64
        | libc::SYS_ioctl
        | libc::SYS_lseek
        | libc::SYS_sendfile
        | libc::SYS_dup2 => file(args[0]),
        libc::SYS_prctl | libc::SYS_rt_sigaction | libc::SYS_rt_sigprocmask => args[0].to_string(),
        _ => String::new(),
    };
    plain(&about)
}

/// Without what differs from run to run: names made of hexadecimal digits, numbers.
fn plain(about: &str) -> String {
    let mut plain = String::new();
    for part in about.split_inclusive(['/', '.', ':', '[', ']', '-']) {
        let word = part.trim_end_matches(['/', '.', ':', '[', ']', '-']);
        let is_hash = word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash {
            plain.push('*');
            plain.push_str(&part[word.len()..]);
        } else {
            plain.push_str(part);
        }
    }
    plain
}
