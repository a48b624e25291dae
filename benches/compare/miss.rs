//! A miss around a command that does nothing: all of it is overhead.

use std::time::Instant;

use super::Outcome;
use super::measure::{Contender, Times, in_turns, let_rest, time};
use super::peers::{Peers, place};
use super::report::{Section, Table, Target, milliseconds};

pub(crate) fn measure(peers: &Peers, runs: usize) -> Outcome<Section> {
    let place = place()?;
    let nothing = peers.nothing.to_string_lossy();
    let mut until_rest = Times::default();
    let (mut ours, mut theirs) = (0, 0);
    // Each call has a word of its own, so each is a miss; /bin/true takes any.
    let omoide = || {
        ours += 1;
        let word = ours.to_string();
        let start = Instant::now();
        let took = time(&mut peers.omoide(&place, &["--", &nothing, &word]))?;
        let_rest()?;
        until_rest.push(start.elapsed());
        Ok(took)
    };
    let bkt = || {
        theirs += 1;
        peers.bkt(&place, &[&nothing, &theirs.to_string()])
    };
    let mut contenders = [
        Contender::new("omoide, a miss", omoide),
        Contender::command("bkt, a miss", bkt),
        Contender::command("the command itself (`/bin/true`)", || {
            place.command(&peers.nothing, &[])
        }),
    ];
    in_turns(&mut contenders, runs)?;
    let [omoide_time, bkt_time, bare] = contenders.each_ref().map(|c| c.times.median());
    let mut section = Section::new(
        "miss",
        "A miss",
        &format!(
            "`/bin/true` with another argument each time, so that all but the command itself is \
             overhead; as above otherwise, {runs} runs of each. Whatever works on in the \
             background has ended before the next one starts."
        ),
    );
    section.times(&contenders);
    section.chart("A miss around /bin/true", &contenders);
    let mut table = Table::new(&["overhead over the command itself", "by median"]);
    let (ours, theirs) = (omoide_time - bare, bkt_time - bare);
    table.rows.push(vec!["omoide".into(), milliseconds(ours)]);
    table.rows.push(vec!["bkt".into(), milliseconds(theirs)]);
    drop(contenders);
    table.rows.push(vec![
        "omoide until the work in the background, too, has ended".into(),
        milliseconds(until_rest.median() - bare),
    ]);
    section.tables.push(table);
    section.targets =
        vec![Target::at_most("a miss' overhead / bkt's, by median", ours / theirs, 1.0)];
    Ok(section)
}
