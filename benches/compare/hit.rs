//! A small hit, beside the least that anything can cost.

use super::measure::{Contender, in_turns, let_rest, time};
use super::peers::{Peers, place};
use super::report::{Section, Target};
use super::{Outcome, hyperfine};

/// What is memoized: its output is a line.
const COMMAND: [&str; 2] = ["uname", "-a"];

pub(crate) fn measure(peers: &Peers, runs: usize) -> Outcome<Section> {
    let place = place()?;
    let omoide = || peers.omoide(&place, &[&["--"], &COMMAND[..]].concat());
    let bkt = || peers.bkt(&place, &COMMAND);
    // What is published now is a hit from then on.
    for mut miss in [omoide(), bkt()] {
        time(&mut miss)?;
        let_rest()?;
    }
    let bare = || place.command("uname".as_ref(), &COMMAND[1..]);
    let nothing = || place.command(&peers.nothing, &[]);
    let mut contenders = [
        Contender::command("omoide, a hit", omoide),
        Contender::command("bkt, a hit", bkt),
        Contender::command("the command itself (`uname -a`)", bare),
        Contender::command("`/bin/true`", nothing),
        Contender::command("a static no-op", || place.command(&peers.no_op, &[])),
    ];
    in_turns(&mut contenders, runs)?;
    let [omoide_time, bkt_time, _, true_time, _] = contenders.each_ref().map(|c| c.times.median());
    let mut section = Section::new(
        "hit",
        "A hit",
        &format!(
            "A line of output into /dev/null; 60 variables in the environment, a configuration \
             with 20 rules, default settings of both; {runs} runs of each, in turns."
        ),
    );
    section.times(&contenders);
    section.chart("A hit", &contenders);
    section.targets = vec![
        Target::at_most("a hit / `/bin/true`, by median", omoide_time / true_time, 1.0),
        Target::at_most("a hit / bkt's hit, by median", omoide_time / bkt_time, 0.65),
    ];
    // hyperfine sets a variable to another value each time: every call would be a miss.
    let exclude = [&["--env-exclude", "HYPERFINE_*", "--"], &COMMAND[..]].concat();
    let omoide = peers.omoide(&place, &exclude);
    let commands = [
        ("omoide `--env-exclude 'HYPERFINE_*'`", omoide),
        ("bkt", bkt()),
        ("`/bin/true`", nothing()),
    ];
    if let Some(table) = hyperfine::table(&place, &commands, runs)? {
        section.tables.push(table);
    }
    Ok(section)
}
