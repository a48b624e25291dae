//! The process' environment, borrowed as it is: one pass, no copies.

use std::ffi::{CStr, c_char};

/// A variable's name and value.
pub type Variable = (&'static [u8], &'static [u8]);

/// All variables, in the order in which they stand. What holds no `=` is no variable.
///
/// The result borrows the process' own block: nothing in this program ever changes a variable.
#[must_use]
#[expect(unsafe_code, reason = "std copies each name and value")]
pub fn variables() -> Vec<Variable> {
    let mut variables = Vec::with_capacity(80);
    // SAFETY: `environ` is null or points to an array of C strings that ends with a null pointer;
    // it and they live as long as the process, because nothing calls setenv or putenv.
    unsafe {
        let mut next = block();
        while !next.is_null() && !(*next).is_null() {
            variables.extend(split(CStr::from_ptr(*next).to_bytes()));
            next = next.add(1);
        }
    }
    variables
}

/// The process' own block, as the C library has it: null, or strings and a null pointer.
#[expect(unsafe_code, reason = "std gives copies only")]
pub(super) fn block() -> *const *const c_char {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    // SAFETY: nothing calls setenv or putenv, which would change it.
    unsafe { environ }
}

/// The same as strings and a null pointer, with one line that takes the place of the variable of
/// that name, if one is given.
#[expect(unsafe_code, reason = "std gives copies only")]
pub(super) fn with(line: Option<(&str, &CStr)>) -> Vec<*const c_char> {
    let mut lines = Vec::with_capacity(80);
    let is_replaced = |name: &[u8]| line.is_some_and(|(added, _)| added.as_bytes() == name);
    // SAFETY: as in `variables`.
    unsafe {
        let mut next = block();
        while !next.is_null() && !(*next).is_null() {
            let name = split(CStr::from_ptr(*next).to_bytes()).map(|(name, _)| name);
            if !name.is_some_and(is_replaced) {
                lines.push(*next);
            }
            next = next.add(1);
        }
    }
    lines.extend(line.map(|(_, line)| line.as_ptr()));
    lines.push(std::ptr::null());
    lines
}

/// The value of the first variable of that name.
#[must_use]
pub fn value<'a>(variables: &[(&[u8], &'a [u8])], name: &str) -> Option<&'a [u8]> {
    variables.iter().find(|(found, _)| *found == name.as_bytes()).map(|&(_, value)| value)
}

/// A name may begin with `=`, as shells allow for none and other systems for some.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = line.iter().skip(1).position(|&byte| byte == b'=')? + 1;
    Some((&line[..equals], &line[equals + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_its_first_equals_sign() {
        assert_eq!(split(b"A=b=c"), Some((b"A".as_slice(), b"b=c".as_slice())));
        assert_eq!(split(b"A="), Some((b"A".as_slice(), b"".as_slice())));
        assert_eq!(split(b"=A=b"), Some((b"=A".as_slice(), b"b".as_slice())));
        assert_eq!(split(b"A"), None);
        assert_eq!(split(b""), None);
    }

    #[test]
    fn a_line_takes_the_place_of_the_variable_of_its_name() {
        let before = with(None).len();
        let new = with(Some(("OMOIDE_TEST", c"OMOIDE_TEST=1")));
        assert_eq!(new.len(), before + 1);
        assert!(new[before].is_null());
        assert_eq!(with(Some(("PATH", c"PATH=/"))).len(), before);
    }

    #[test]
    fn variables_are_those_that_the_standard_library_sees() {
        let ours = variables();
        for (name, found) in std::env::vars_os() {
            let name = name.to_str().expect("a test environment of text");
            assert_eq!(value(&ours, name), Some(found.as_encoded_bytes()), "{name}");
        }
    }
}
