//! File systems on which other machines change files without this one's kernel knowing.

use std::path::Path;

/// `f_type` of statfs(2). FUSE is among them because sshfs, rclone and the like are, and it
/// doesn't say which one it is; 9p, because virtual machines share folders by it.
const REMOTE: [i64; 17] = [
    0x6969,      // nfs
    0xFF53_4D42, // cifs
    0xFE53_4D42, // smb2
    0x517B,      // smb
    0x564C,      // ncp
    0x6573_5546, // fuse
    0x0102_1997, // 9p
    0x5346_414F, // afs
    0x6B41_4653, // kafs
    0x7375_7245, // coda
    0x00C3_6400, // ceph
    0x0BD0_0BD0, // lustre
    0x4750_4653, // gpfs
    0x1983_0326, // beegfs
    0x0116_1970, // gfs2
    0x7461_636F, // ocfs2
    0x786F_4256, // vboxsf
];

/// Whether what is at a path may be changed by another machine. Not known counts as no.
pub(super) fn is_remote(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|stat| REMOTE.contains(&stat.f_type))
}
