//! Opening and making the cache folder, and the few operations on files in it.
//!
//! Every path is relative to the descriptor of the version's folder, which is ours alone (0700,
//! owner checked, no link followed): nobody else can plant, read or delete anything below it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat, fchmod, fstat, fstatfs, mkdirat,
    openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

use super::error::{StoreError, Unusable};
use super::gate::{A_MOMENT, lock_within};
use super::{layout, make};
use crate::model::entry::Nonce;
use crate::model::key::Key;
use crate::sys::{auxiliary, random};

/// No file that is read whole is larger: an entry with a command line of a few MiB, key parts and an
/// inline output is the largest.
pub(super) const LARGEST: u64 = 64 << 20;

/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;
/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// A cache folder that may be used.
#[derive(Debug)]
pub struct Store {
    pub(super) path: PathBuf,
    pub(super) version: OwnedFd,
}

impl Store {
    /// Opens the cache folder at `path` as it is; `None` if there is none yet.
    ///
    /// # Errors
    /// If it mustn't or can't be used.
    pub fn open(path: &Path) -> Result<Option<Store>, Unusable> {
        let Some((outer, stat)) = open_folder(CWD, path, path)? else { return Ok(None) };
        // Sticky or not: until the version's directory is made in it, anybody could make it.
        if stat.st_mode & OTHERS_WRITE != 0 {
            return Err(Unusable::SharedFolder(path.to_owned()));
        }
        let inner_path = path.join(layout::VERSION_DIR);
        let inner = open_folder(&outer, Path::new(layout::VERSION_DIR), &inner_path)?;
        let Some((version, stat)) = inner else { return Ok(None) };
        if stat.st_mode & OTHERS_WRITE != 0 {
            return Err(Unusable::WritableByOthers(inner_path));
        }
        Ok(Some(Store { path: path.to_owned(), version }))
    }

    /// Opens the cache folder for writing; makes it and everything in it that is missing.
    ///
    /// # Errors
    /// If it mustn't or can't be used.
    pub fn prepare(path: &Path) -> Result<Store, Unusable> {
        if let Some(store) = Store::open(path)? {
            return store.prepared();
        }
        make::make(path)?;
        Store::open(path)?.ok_or_else(|| vanished(path))?.prepared()
    }

    /// The same for a cache folder that is open.
    ///
    /// # Errors
    /// See [`Store::prepare`].
    pub fn prepared(self) -> Result<Store, Unusable> {
        self.check_file_system()?;
        self.check_format()?;
        self.tighten()?;
        self.make_folders()?;
        Ok(self)
    }

    /// The cache folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the format version, by name.
    pub(super) fn version_path(&self) -> PathBuf {
        self.path.join(layout::VERSION_DIR)
    }

    pub(super) fn dir(&self) -> impl AsFd + '_ {
        self.version.as_fd()
    }

    /// The key of the digests of key parts.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn salt(&self) -> Result<[u8; 32], StoreError> {
        let bytes = self.read(layout::SALT)?;
        bytes.try_into().map_err(|_| {
            StoreError::new("read", layout::SALT, io::Error::other("it isn't 32 bytes long"))
        })
    }

    /// A key like that of a store, for where there is none yet.
    #[must_use]
    pub fn random_salt() -> [u8; 32] {
        random::bytes()
    }

    /// Opens a file, or whatever else is at its path but a link: nobody waits for the other end of
    /// a FIFO.
    pub(super) fn open_file(&self, path: &str, flags: OFlags) -> Result<File, Errno> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        openat(&self.version, path, flags, Mode::RUSR | Mode::WUSR).map(File::from)
    }

    /// Opens a file for which its folder is made first where it is missing.
    pub(super) fn create_file(&self, path: &str, flags: OFlags) -> Result<File, Errno> {
        match self.open_file(path, flags | OFlags::CREATE) {
            Err(Errno::NOENT) => {
                self.make_folder(layout::folder(path))?;
                self.open_file(path, flags | OFlags::CREATE)
            }
            opened => opened,
        }
    }

    /// Makes a new file that is flocked for as long as it is open: what isn't may be swept.
    pub(super) fn create_temporary(&self, what: &str) -> Result<(String, File), StoreError> {
        let path = layout::temporary(new_nonce(), what);
        let file = self
            .create_file(&path, OFlags::RDWR | OFlags::EXCL)
            .map_err(|errno| StoreError::new("create", &path, errno))?;
        // Within a moment: somebody may ask at this time whether it is locked.
        lock_within(&file, FlockOperation::NonBlockingLockExclusive, A_MOMENT)
            .map_err(|errno| StoreError::new("lock", &path, errno))?;
        Ok((path, file))
    }

    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, StoreError> {
        let failed = |error: io::Error| StoreError::new("read", path, error);
        let file = self.open_file(path, OFlags::RDONLY).map_err(|errno| failed(errno.into()))?;
        let stat = fstat(&file).map_err(|errno| failed(errno.into()))?;
        if !is_file(&stat) {
            return Err(failed(Errno::NXIO.into()));
        }
        if stat.st_size.unsigned_abs() > LARGEST {
            return Err(failed(io::ErrorKind::FileTooLarge.into()));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// The metadata of a file; `None` if there is none.
    pub(super) fn stat(&self, path: &str) -> Result<Option<Stat>, StoreError> {
        match statat(&self.version, path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(StoreError::new("look at", path, errno)),
        }
    }

    /// Moves a file; makes the target's directory where it is missing. A directory in the target's
    /// place is put aside.
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let rename = || renameat(&self.version, from, &self.version, to);
        let moved = match rename() {
            Err(Errno::NOENT) => self.make_folder(layout::folder(to)).and_then(|()| rename()),
            Err(Errno::ISDIR) => {
                self.put_aside(to)?;
                rename()
            }
            moved => moved,
        };
        moved.map_err(|errno| StoreError::new("move into place", to, errno))
    }

    /// Removes a file; whether there was one. A directory in its place is put aside.
    pub(super) fn unlink(&self, path: &str) -> Result<bool, StoreError> {
        match unlinkat(&self.version, path, AtFlags::empty()) {
            Ok(()) => Ok(true),
            // Where its directory isn't one, there is no file either.
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(Errno::ISDIR) => self.put_aside(path).map(|()| true),
            Err(errno) => Err(StoreError::new("remove", path, errno)),
        }
    }

    /// Moves whatever is at a path into the quarantine, unread.
    pub(super) fn put_aside(&self, path: &str) -> Result<(), StoreError> {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.rename(path, &layout::quarantined(name, new_nonce()))
    }

    pub(super) fn make_folder(&self, path: &str) -> Result<(), Errno> {
        let make = || match mkdirat(&self.version, path, Mode::RWXU) {
            Err(Errno::EXIST) => Ok(()),
            done => done,
        };
        match make() {
            Err(Errno::NOENT) if path.contains('/') => {
                self.make_folder(layout::folder(path))?;
                // Once: a link to nowhere in the place of the other one stays what it is.
                make()
            }
            done => done,
        }
    }

    /// The hashes, as which keys and digests are named, that `ab/` folders of a folder hold.
    /// One that can't be listed is an error in their place.
    pub(super) fn each_hash(
        &self,
        path: &str,
    ) -> Result<impl Iterator<Item = Result<Key, StoreError>>, StoreError> {
        Ok(self.names(path)?.into_iter().flat_map(move |shard| {
            let (names, error) = match self.names(&format!("{path}/{shard}")) {
                Ok(names) => (names, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            names.into_iter().filter_map(|name| Key::from_hex(&name).map(Ok)).chain(error)
        }))
    }

    /// The names in a folder; none if it doesn't exist, or is a file: nothing of ours can be in it.
    pub(super) fn names(&self, path: &str) -> Result<Vec<String>, StoreError> {
        let failed = |errno: Errno| StoreError::new("list", path, errno);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let folder = match openat(&self.version, path, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            // The kernel says the same of a link to a directory, whose files would be found by name.
            Err(Errno::NOTDIR) if !self.leads_to_directory(path) => return Ok(Vec::new()),
            Err(errno) => return Err(failed(errno)),
        };
        let mut names = Vec::new();
        for found in rustix::fs::Dir::new(folder).map_err(failed)? {
            let name = found.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn leads_to_directory(&self, path: &str) -> bool {
        statat(&self.version, path, AtFlags::empty())
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
    }

    /// Makes what was done to a folder's names outlast a loss of power.
    pub(super) fn sync_folder(&self, path: &str) -> Result<(), StoreError> {
        let failed = |errno| StoreError::new("sync", path, errno);
        let folder = self.open_file(path, OFlags::RDONLY | OFlags::DIRECTORY).map_err(failed)?;
        rustix::fs::fsync(folder).map_err(failed)
    }

    fn make_folders(&self) -> Result<(), Unusable> {
        let failed =
            |action, path: &str, errno| Unusable::io(action, self.version_path().join(path), errno);
        if self.stat_exists(layout::SALT) && self.stat_exists(layout::FORMAT) {
            return Ok(());
        }
        for folder in layout::FOLDERS {
            self.make_folder(folder).map_err(|errno| failed("create", folder, errno))?;
        }
        let version = format!("{}\n", layout::VERSION);
        for (path, content) in
            [(layout::SALT, random::bytes::<32>().as_slice()), (layout::FORMAT, version.as_bytes())]
        {
            self.write_once(path, content).map_err(|errno| failed("write", path, errno))?;
        }
        Ok(())
    }

    fn stat_exists(&self, path: &str) -> bool {
        matches!(self.stat(path), Ok(Some(stat)) if stat.st_size > 0)
    }

    /// Writes a small file whole, unless somebody else has by now.
    fn write_once(&self, path: &str, content: &[u8]) -> Result<(), Errno> {
        let temporary = layout::temporary(new_nonce(), "new");
        let file = self.create_file(&temporary, OFlags::WRONLY | OFlags::EXCL)?;
        let linked = rustix::io::write(&file, content).and_then(|_| {
            let (folder, flags) = (&self.version, AtFlags::empty());
            rustix::fs::linkat(folder, temporary.as_str(), folder, path, flags)
        });
        unlinkat(&self.version, temporary.as_str(), AtFlags::empty())?;
        match linked {
            Err(Errno::EXIST) => Ok(()),
            linked => linked,
        }
    }

    /// What a backup or another tool opened for others to read is closed again.
    fn tighten(&self) -> Result<(), Unusable> {
        let path = || self.version_path();
        let stat = fstat(&self.version).map_err(|errno| Unusable::io("look at", path(), errno))?;
        if stat.st_mode & OTHERS != 0 {
            let own = self.open_file(".", OFlags::RDONLY | OFlags::DIRECTORY);
            own.and_then(|own| fchmod(own, Mode::RWXU))
                .map_err(|errno| Unusable::io("change the mode of", path(), errno))?;
        }
        Ok(())
    }

    fn check_file_system(&self) -> Result<(), Unusable> {
        match self.network_file_system() {
            Some(kind) => Err(Unusable::NetworkFileSystem { path: self.path.clone(), kind }),
            None => Ok(()),
        }
    }

    /// The name of the file system, if it is one that reaches over a network.
    pub(super) fn network_file_system(&self) -> Option<&'static str> {
        const NETWORK: [(i64, &str); 8] = [
            (0x6969, "nfs"),
            (0xFF53_4D42, "cifs"),
            (0xFE53_4D42, "smb2"),
            (0x517B, "smb"),
            (0x0102_1997, "9p"),
            (0x5346_414F, "afs"),
            (0x00C3_6400, "ceph"),
            (0x0BD0_0BD0, "lustre"),
        ];
        let kind = fstatfs(&self.version).ok()?.f_type;
        NETWORK.iter().find(|(magic, _)| *magic == kind).map(|&(_, name)| name)
    }
}

/// Opens a folder without following a link; checks whose it is. `None` if it isn't there.
pub(super) fn open_folder(
    parent: impl AsFd,
    name: &Path,
    path: &Path,
) -> Result<Option<(OwnedFd, Stat)>, Unusable> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match openat(parent, itself(name), flags, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::NOTDIR | Errno::LOOP) => return Err(Unusable::NoFolder(path.to_owned())),
        Err(errno) => return Err(Unusable::io("open", path.to_owned(), errno)),
    };
    let stat = fstat(&folder).map_err(|errno| Unusable::io("look at", path.to_owned(), errno))?;
    let user = auxiliary::effective_user();
    if stat.st_uid != user {
        let path = path.to_owned();
        return Err(Unusable::ForeignOwner { path, owner: stat.st_uid, user });
    }
    Ok(Some((folder, stat)))
}

/// The path without `/` or `/.` at its end, behind which the kernel follows a link whatever it is
/// told.
pub(super) fn itself(path: &Path) -> &Path {
    path.components().as_path()
}

pub(super) fn vanished(path: &Path) -> Unusable {
    Unusable::io("open", path.to_owned(), Errno::NOENT)
}

/// Whether a mode is that of a plain file.
pub(super) fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

/// A name that nobody else has.
pub(super) fn new_nonce() -> Nonce {
    Nonce(random::bytes())
}
