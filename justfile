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

# Measures omoide against bkt and the floors; `just bench --help` shows parts and options
bench *words:
    cargo bench --bench compare -- {{words}}

# Fails if a hit or a miss takes more instructions than recorded (needs valgrind)
bench-instructions:
    cargo test --locked --bench instructions

# Records how many instructions a hit and a miss take
bench-accept:
    cargo test --locked --bench instructions -- --accept
