//! What tells the service manager of a user to run the daemon: units of systemd, and the property
//! list of launchd. Texts only; where they go and what else is done is in `install.rs`.

use std::fmt::Write;

/// Stands in each file, so that nobody else's is overwritten or removed.
pub(super) const MARK: &str = "Written by `omoide daemon install`";

/// The longest path a socket of the kernel's has, its closing zero counted in.
const LONGEST_SOCKET: usize = 108;

/// The daemon to be run: absolute paths as they are in the file system.
#[derive(Clone, Debug)]
pub(super) struct Service<'a> {
    /// The program and its options.
    pub(super) command: &'a [&'a [u8]],
    /// Where the daemon is reached.
    pub(super) socket: &'a [u8],
}

impl Service<'_> {
    /// The unit of systemd that runs the daemon.
    pub(super) fn systemd_service(&self) -> String {
        let mut command = String::new();
        for (place, word) in self.command.iter().enumerate() {
            command.push_str(if place == 0 { "" } else { " " });
            quote(&mut command, word, place > 0);
        }
        format!(
            "# {MARK}; `omoide daemon uninstall` removes it.\n\
             [Unit]\n\
             Description=Refreshes what omoide has stored\n\
             Documentation=man:omoide-daemon(1)\n\
             \n\
             [Service]\n\
             Type=notify\n\
             ExecStart={command}\n\
             WatchdogSec=60\n\
             Restart=on-failure\n\
             RestartSec=5\n\
             # The daemon ends its jobs itself; what is left after that is killed.\n\
             KillMode=mixed\n\
             TimeoutStopSec=30\n\
             UMask=0077\n\
             \n\
             [Install]\n\
             WantedBy=default.target\n"
        )
    }

    /// The unit of systemd that starts the daemon when somebody calls; `None` where no unit can
    /// name the socket.
    pub(super) fn systemd_socket(&self) -> Option<String> {
        let path = std::str::from_utf8(self.socket).ok()?;
        let has_odd_ends = path.trim() != path || path.ends_with('\\');
        if path.len() >= LONGEST_SOCKET || path.chars().any(char::is_control) || has_odd_ends {
            return None;
        }
        let path = path.replace('%', "%%");
        Some(format!(
            "# {MARK}; `omoide daemon uninstall` removes it.\n\
             [Unit]\n\
             Description=Starts the refreshing of what omoide has stored\n\
             Documentation=man:omoide-daemon(1)\n\
             \n\
             [Socket]\n\
             ListenStream={path}\n\
             SocketMode=0600\n\
             DirectoryMode=0700\n\
             RemoveOnStop=yes\n\
             \n\
             [Install]\n\
             WantedBy=sockets.target\n"
        ))
    }

    /// The property list of launchd, named `label`; `None` where a word isn't text.
    pub(super) fn launchd(&self, label: &str) -> Option<String> {
        let mut words = String::new();
        for word in self.command {
            let word = std::str::from_utf8(word).ok()?;
            // XML can't hold them, however they are written.
            if word.chars().any(|char| char.is_control() && char != '\t') {
                return None;
            }
            let _ = writeln!(words, "        <string>{}</string>", xml(word));
        }
        Some(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!-- {MARK}; `omoide daemon uninstall` removes it. -->\n\
             <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\">\n\
             <dict>\n    \
                 <key>Label</key>\n    \
                 <string>{label}</string>\n    \
                 <key>ProgramArguments</key>\n    \
                 <array>\n{words}    </array>\n    \
                 <key>RunAtLoad</key>\n    \
                 <true/>\n    \
                 <key>KeepAlive</key>\n    \
                 <dict>\n        \
                     <key>SuccessfulExit</key>\n        \
                     <false/>\n    \
                 </dict>\n    \
                 <key>ProcessType</key>\n    \
                 <string>Background</string>\n    \
                 <key>Umask</key>\n    \
                 <integer>63</integer>\n\
             </dict>\n\
             </plist>\n"
        ))
    }
}

/// A word as systemd reads it back: in quotes, with C's escapes. Specifiers are undone everywhere,
/// variables in arguments only: systemd doesn't look for any in the program's own name.
fn quote(text: &mut String, word: &[u8], is_argument: bool) {
    text.push('"');
    for chunk in word.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '"' | '\\' => text.extend(['\\', char]),
                '%' => text.push_str("%%"),
                '$' if is_argument => text.push_str("$$"),
                char if char.is_ascii_control() => {
                    let _ = write!(text, "\\x{:02x}", u32::from(char));
                }
                char => text.push(char),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service<'a>(command: &'a [&'a [u8]], socket: &'a [u8]) -> Service<'a> {
        Service { command, socket }
    }

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        let cases: [(&[u8], bool, &str); 8] = [
            (b"/usr/bin/omoide", false, r#""/usr/bin/omoide""#),
            (b"a b", true, r#""a b""#),
            (br#"a"\b"#, true, r#""a\"\\b""#),
            (b"%h", true, r#""%%h""#),
            (b"$HOME", true, r#""$$HOME""#),
            (b"/opt/$x", false, r#""/opt/$x""#),
            (b"a\nb\xff", true, r#""a\x0ab\xff""#),
            ("é".as_bytes(), true, r#""é""#),
        ];
        for (word, is_argument, expected) in cases {
            let mut text = String::new();
            quote(&mut text, word, is_argument);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_socket_that_no_unit_can_name_has_none() {
        let long = [b"/".as_slice(), &[b'a'; 120]].concat();
        for path in [b"/a\nb".as_slice(), b"/a\xff", b"/a ", &long] {
            assert_eq!(service(&[], path).systemd_socket(), None);
        }
        let unit = service(&[], b"/a b/100%/daemon.sock").systemd_socket().expect("a unit");
        assert!(unit.contains("\nListenStream=/a b/100%%/daemon.sock\n"), "{unit}");
    }

    #[test]
    fn a_property_list_escapes_what_xml_would_read() {
        let text = service(&[b"/bin/omoide", b"<&>"], b"").launchd("label").expect("text");
        assert!(text.contains("<string>&lt;&amp;&gt;</string>"), "{text}");
        assert_eq!(service(&[b"\xff"], b"").launchd("label"), None);
        assert_eq!(service(&[b"a\nb"], b"").launchd("label"), None);
    }
}
