# Recipes are the words people type; `just` alone lists them.

_default:
    @just --list --unsorted

# Runs all tests
test:
    cargo test

# Lints, with every warning an error
lint:
    cargo clippy --all-targets --all-features -- -D warnings

# Formats everything
fmt:
    cargo fmt

# Builds the documentation, private items included, with every warning an error
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --document-private-items

# Does what CI does
ci:
    bash .ci/run

# Writes completions/ and man/ anew from the command line's definition
generate:
    cargo build --quiet
    rm -rf completions man
    mkdir completions
    cargo run --quiet -- completions bash > completions/omoide.bash
    cargo run --quiet -- completions zsh > completions/_omoide
    cargo run --quiet -- completions fish > completions/omoide.fish
    cargo run --quiet -- completions elvish > completions/omoide.elv
    cargo run --quiet -- completions powershell > completions/_omoide.ps1
    cargo run --quiet -- man --dir man

# Installs omoide for this user
install:
    cargo install --path . --locked

# Checks licences, sources and advisories of what is depended on (needs cargo-deny)
deny:
    cargo deny check
