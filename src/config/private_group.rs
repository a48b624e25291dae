//! Whether a group is a user's own private one, as Debian and Fedora make one for each user: then
//! a file that the group can write is a file that the user can write.
//!
//! Read from `/etc/passwd` and `/etc/group` themselves. The C library's look-ups would load shared
//! objects, which crashes a statically linked program. A user whom these files don't know (from
//! LDAP, say) has no private group as far as can be told here.

use std::path::Path;
use std::str;

use super::file::{self, Links, open_at_once};

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";

/// Whether nobody but `uid` is in the group `gid`.
pub(super) fn is_private(gid: u32, uid: u32) -> bool {
    let read = |path| file::content(&open_at_once(Path::new(path), Links::Follow).ok()?).ok();
    match (read(USERS), read(GROUPS)) {
        (Some(users), Some(groups)) => is_private_in(&users, &groups, gid, uid),
        _ => false,
    }
}

/// The group is the user's primary one and nobody else's, has the user's name, and no other member.
fn is_private_in(users: &[u8], groups: &[u8], gid: u32, uid: u32) -> bool {
    let of_user: Vec<User<'_>> = lines(users).filter_map(User::parse).collect();
    let (own, others): (Vec<_>, Vec<_>) = of_user.into_iter().partition(|user| user.uid == uid);
    let is_own = |name: &[u8]| own.iter().any(|user| user.name == name && user.gid == gid);
    let mut groups = lines(groups).filter_map(Group::parse).filter(|group| group.gid == gid);
    let Some(first) = groups.next() else { return false };
    let is_of_own = |group: Group<'_>| {
        is_own(group.name)
            && group.members.split(|&byte| byte == b',').all(|name| name.is_empty() || is_own(name))
    };
    is_of_own(first) && groups.all(is_of_own) && !others.iter().any(|user| user.gid == gid)
}

struct User<'a> {
    name: &'a [u8],
    uid: u32,
    gid: u32,
}

struct Group<'a> {
    name: &'a [u8],
    gid: u32,
    members: &'a [u8],
}

impl<'a> User<'a> {
    /// `name:password:uid:gid:…`
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.split(|&byte| byte == b':');
        let (name, _password) = (fields.next()?, fields.next()?);
        Some(User { name, uid: number(fields.next()?)?, gid: number(fields.next()?)? })
    }
}

impl<'a> Group<'a> {
    /// `name:password:gid:member,…`
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.split(|&byte| byte == b':');
        let (name, _password) = (fields.next()?, fields.next()?);
        Some(Group { name, gid: number(fields.next()?)?, members: fields.next()? })
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n')
}

fn number(field: &[u8]) -> Option<u32> {
    str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n\
                         bob:x:1001:1001::/home/bob:/bin/sh\n";

    #[test]
    fn a_group_is_private_if_nobody_but_the_user_is_in_it() {
        let cases = [
            ("ann:x:1000:", "", true),
            ("ann:x:1000:ann", "", true),
            ("ann:x:1000:\nbob:x:1001:ann", "", true),
            // No newline at the end, no field of members, not the user's, no such group.
            ("ann:x:1000", "", false),
            ("staff:x:1000:", "", false),
            ("bob:x:1001:", "", false),
            ("", "", false),
            ("ann:x:nonsense:", "", false),
            // Somebody else is in it, by either file.
            ("ann:x:1000:bob", "", false),
            ("ann:x:1000:ann,bob", "", false),
            ("ann:x:1000:\nann:x:1000:bob", "", false),
            ("ann:x:1000:\nstaff:x:1000:", "", false),
            ("ann:x:1000:", "eve:x:1002:1000::/:/bin/sh\n", false),
            // Another name of the same user is the same user.
            ("ann:x:1000:", "anna:x:1000:1000::/:/bin/sh\n", true),
            ("ann:x:1000:anna", "anna:x:1000:1000::/:/bin/sh\n", true),
        ];
        for (groups, more, expected) in cases {
            let users = format!("{USERS}{more}");
            let is_private = is_private_in(users.as_bytes(), groups.as_bytes(), 1000, 1000);
            assert_eq!(is_private, expected, "{groups:?} {more:?}");
        }
        // Unknown here, and one whose primary group is another.
        let groups = b"ann:x:1000:\n".as_slice();
        assert!(!is_private_in(b"", groups, 1000, 1000));
        assert!(!is_private_in(b"ann:x:1000:100:::", groups, 1000, 1000));
        assert!(!is_private_in(b"ann:x:1000", groups, 1000, 1000));
    }
}
