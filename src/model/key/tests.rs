//! Each part of the key makes it differ, and no two different calls encode alike.

use proptest::prelude::*;

use super::*;

/// An owned [`Identity`] that tests can change one part of.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    command: Vec<Vec<u8>>,
    program: Program,
    directory: Option<Vec<u8>>,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
    selection: Selection,
    scope: Option<Vec<u8>>,
    input: Option<[u8; 32]>,
    inputs: Vec<Part>,
}

impl Sample {
    fn with<T>(&self, look: impl FnOnce(&Identity<'_>) -> T) -> T {
        let command: Vec<&[u8]> = self.command.iter().map(Vec::as_slice).collect();
        let environment: Vec<(&[u8], &[u8])> =
            self.environment.iter().map(|(n, v)| (n.as_slice(), v.as_slice())).collect();
        look(&Identity {
            command: &command,
            program: &self.program,
            directory: self.directory.as_deref(),
            environment: &environment,
            selection: &self.selection,
            scope: self.scope.as_deref(),
            input: self.input,
            inputs: &self.inputs,
        })
    }

    fn key(&self) -> Key {
        self.with(|identity: &Identity<'_>| Identity::key(identity))
    }
}

fn base() -> Sample {
    Sample {
        command: vec![b"git".to_vec(), b"log".to_vec()],
        program: Program::Stat { path: b"/usr/bin/git".to_vec(), size: 10, modified: 20 },
        directory: Some(b"/home/me".to_vec()),
        environment: vec![(b"LANG".to_vec(), b"C".to_vec()), (b"A".to_vec(), b"1".to_vec())],
        selection: Selection::default(),
        scope: None,
        input: None,
        inputs: Vec::new(),
    }
}

#[track_caller]
fn differs(change: impl FnOnce(&mut Sample)) {
    let mut other = base();
    change(&mut other);
    assert_ne!(other.key(), base().key(), "{other:?}");
}

#[track_caller]
fn same(change: impl FnOnce(&mut Sample)) {
    let mut other = base();
    change(&mut other);
    assert_eq!(other.key(), base().key(), "{other:?}");
}

fn only(patterns: &[&str]) -> Selection {
    Selection { only: Some(patterns.iter().map(|&p| p.to_owned()).collect()), exclude: vec![] }
}

#[test]
fn the_command_and_each_argument_differ() {
    differs(|call| call.command[0] = b"hg".to_vec());
    differs(|call| call.command[1] = b"status".to_vec());
    differs(|call| call.command.push(vec![]));
    differs(|call| call.command = vec![b"git log".to_vec()]);
    differs(|call| call.command = vec![b"gitlog".to_vec(), vec![]]);
    differs(|call| call.command[1] = b"log\xff".to_vec());
}

#[test]
fn the_program_differs_by_each_of_its_marks() {
    let stat = |path: &[u8], size, modified| Program::Stat { path: path.to_vec(), size, modified };
    differs(|call| call.program = stat(b"/bin/git", 10, 20));
    differs(|call| call.program = stat(b"/usr/bin/git", 11, 20));
    differs(|call| call.program = stat(b"/usr/bin/git", 10, 21));
    differs(|call| call.program = Program::Path(b"/usr/bin/git".to_vec()));
    differs(|call| call.program = Program::Content([0; 32]));
}

#[test]
fn the_directory_differs_and_may_be_left_out() {
    differs(|call| call.directory = Some(b"/home/you".to_vec()));
    differs(|call| call.directory = None);
    differs(|call| call.directory = Some(vec![]));
}

#[test]
fn each_variable_differs_by_name_value_and_presence() {
    differs(|call| call.environment[0].1 = b"en".to_vec());
    differs(|call| call.environment[0].1 = vec![]);
    differs(|call| call.environment[0].0 = b"LC_ALL".to_vec());
    differs(|call| drop(call.environment.pop()));
    differs(|call| call.environment.push((b"B".to_vec(), vec![])));
    differs(|call| call.environment[1] = (b"A1".to_vec(), vec![]));
}

#[test]
fn the_order_of_variables_does_not_matter_and_volatile_ones_do_not_count() {
    same(|call| call.environment.reverse());
    same(|call| call.environment.push((b"SHLVL".to_vec(), b"3".to_vec())));
    same(|call| call.environment.push((b"OMOIDE_TTL".to_vec(), b"3s".to_vec())));
}

#[test]
fn scope_and_standard_input_differ() {
    differs(|call| call.scope = Some(b"x".to_vec()));
    differs(|call| call.scope = Some(b"../x".to_vec()));
    differs(|call| call.input = Some([0; 32]));
    let none = Sample { input: Some([0; 32]), ..base() };
    let one = Sample { input: Some([1; 32]), ..base() };
    assert_ne!(none.key(), one.key());
}

#[test]
fn inputs_differ_by_kind_name_value_and_presence() {
    let file = |kind, name: &[u8], value: &[u8]| {
        vec![Part { kind, name: name.to_vec(), value: value.to_vec() }]
    };
    let one = Sample { inputs: file(Kind::File, b"a", b"absent"), ..base() };
    assert_ne!(one.key(), base().key());
    for inputs in [
        file(Kind::File, b"b", b"absent"),
        file(Kind::File, b"a", b"folder"),
        file(Kind::File, b"aa", b"bsent"),
        file(Kind::FileTime, b"a", b"absent"),
    ] {
        let other = Sample { inputs, ..base() };
        assert_ne!(one.key(), other.key(), "{other:?}");
    }
}

#[test]
fn under_env_an_absent_variable_is_the_same_as_one_never_named() {
    let key = |patterns: &[&str]| Sample { selection: only(patterns), ..base() }.key();
    assert_eq!(key(&[]), key(&["ABSENT"]));
    assert_eq!(key(&["LANG"]), key(&["LANG", "ABSENT", "NOT_*"]));
    assert_eq!(key(&["LANG"]), key(&["LA*"]));
    assert_ne!(key(&["LANG"]), key(&["A"]));
    assert_ne!(key(&[]), base().key());
}

#[test]
fn who_takes_the_whole_environment_never_shares_with_who_selects_or_excludes() {
    differs(|call| call.selection = only(&["LANG", "A"]));
    differs(|call| call.selection.exclude = vec!["ABSENT".to_owned()]);
    differs(|call| call.selection.exclude = vec!["A".to_owned()]);
    let excluded = |names: &[&str]| {
        let exclude = names.iter().map(|&name| name.to_owned()).collect();
        Sample { selection: Selection { only: None, exclude }, ..base() }.key()
    };
    assert_eq!(excluded(&["A", "B"]), excluded(&["B", "A", "A"]));
}

#[test]
fn env_names_even_volatile_variables_if_told_to() {
    let key = |level: &[u8]| {
        let mut call = Sample { selection: only(&["SHLVL"]), ..base() };
        call.environment.push((b"SHLVL".to_vec(), level.to_vec()));
        call.key()
    };
    assert_ne!(key(b"1"), key(b"2"));
}

#[test]
fn the_encoding_is_the_one_that_stores_out_there_hold() {
    // A change here makes every stored entry a miss: raise VERSION and say so in the changelog.
    assert_eq!(base().key().id(), "13a2df887433");
    assert_eq!(VERSION, 1);
}

#[test]
fn a_digest_of_a_part_depends_on_the_salt() {
    let part = Part { kind: Kind::Variable, name: b"A".to_vec(), value: b"1".to_vec() };
    assert_eq!(part.digest(&[1; 32]), part.digest(&[1; 32]));
    assert_ne!(part.digest(&[1; 32]), part.digest(&[2; 32]));
}

#[test]
fn what_differs_is_named() {
    let digests = |call: &Sample| -> Vec<PartDigest> {
        call.with(|identity| identity.parts().iter().map(|part| part.digest(&[7; 32])).collect())
    };
    let mut other = base();
    other.command[1] = b"status".to_vec();
    other.environment[1] = (b"B".to_vec(), b"1".to_vec());
    let found: Vec<(String, Kind, Differs)> = differences(&digests(&other), &digests(&base()))
        .into_iter()
        .map(|d| (String::from_utf8_lossy(&d.name).into_owned(), d.kind, d.how))
        .collect();
    let expected = [
        ("1", Kind::Argument, Differs::Changed),
        ("B", Kind::Variable, Differs::Added),
        ("A", Kind::Variable, Differs::Missing),
    ];
    assert_eq!(found, expected.map(|(name, kind, how)| (name.to_owned(), kind, how)));
    assert_eq!(differences(&digests(&base()), &digests(&base())), []);
}

#[test]
fn hex_is_read_back_and_nothing_else_is() {
    let key = base().key();
    assert_eq!(Key::from_hex(&key.hex()), Some(key));
    for bad in ["", "../../etc/passwd", &key.hex()[1..], &"g".repeat(64)] {
        assert_eq!(Key::from_hex(bad), None, "{bad}");
    }
}

/// Short strings over few bytes, so that collisions of a wrong encoding would be found.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0), Just(1), Just(b'='), Just(b'a'), Just(0xff)], 0..4)
}

fn program() -> impl Strategy<Value = Program> {
    prop_oneof![
        (bytes(), 0u64..3, 0i64..3).prop_map(|(path, size, modified)| Program::Stat {
            path,
            size,
            modified
        }),
        (0u8..3).prop_map(|byte| Program::Content([byte; 32])),
        bytes().prop_map(Program::Path),
    ]
}

fn input() -> impl Strategy<Value = Part> {
    let kind = prop_oneof![Just(Kind::File), Just(Kind::FileTime)];
    (kind, bytes(), bytes()).prop_map(|(kind, name, value)| Part { kind, name, value })
}

fn sample() -> impl Strategy<Value = Sample> {
    let environment = prop::collection::vec((bytes(), bytes()), 0..4).prop_map(|mut variables| {
        variables.sort();
        variables
    });
    (
        prop::collection::vec(bytes(), 1..4),
        program(),
        prop::option::of(bytes()),
        environment,
        prop::option::of(bytes()),
        prop::option::of((0u8..3).prop_map(|byte| [byte; 32])),
        prop::collection::vec(input(), 0..3),
    )
        .prop_map(|(command, program, directory, environment, scope, input, inputs)| Sample {
            command,
            program,
            directory,
            environment,
            selection: Selection::default(),
            scope,
            input,
            inputs,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_two_different_calls_encode_alike(a in sample(), b in sample()) {
        prop_assert_eq!(a == b, a.key() == b.key());
    }

    #[test]
    fn moving_a_byte_across_a_boundary_differs(
        left in bytes(), byte in any::<u8>(), right in bytes(),
    ) {
        let joined = |first: &[u8], second: &[u8]| Sample {
            command: vec![first.to_vec(), second.to_vec()],
            environment: vec![(first.to_vec(), second.to_vec())],
            ..base()
        };
        let before = joined(&[left.as_slice(), &[byte]].concat(), &right);
        let after = joined(&left, &[&[byte], right.as_slice()].concat());
        prop_assert_ne!(before.key(), after.key());
    }

    #[test]
    fn the_key_is_a_digest_of_all_parts_and_of_nothing_else(a in sample(), b in sample()) {
        let parts = |sample: &Sample| sample.with(|identity: &Identity<'_>| Identity::parts(identity));
        let alike = parts(&a) == parts(&b);
        prop_assert_eq!(alike, a.key() == b.key());
    }
}
