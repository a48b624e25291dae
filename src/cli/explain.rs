//! `omoide explain`: every part of the key, the state, and what differs from the nearest entry.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::args::QueryArgs;
use super::context::Context;
use super::entries;
use super::error::{Exit, Failure};
use super::inputs;
use super::query::{Query, never_served};
use super::render::out::Style;
use super::render::table::{Align, Cell, Table};
use super::render::{json, out, time};
use crate::model::escape;
use crate::model::key::{Kind, Part, PartDigest};
use crate::model::volatile;
use crate::store::{Nearest, Store};
use crate::sys::clock;

/// A part of the key as it may be shown: values of variables never are.
struct Shown {
    part: Part,
    digest: PartDigest,
}

pub(super) fn run(context: &Context, args: &QueryArgs) -> Result<Exit, Failure> {
    let config = context.config()?;
    let query = match Query::new(context, &config, args, clock::now()) {
        Err(why) if why.rules_out_serving() => {
            return never_served(
                args,
                &why,
                "state    ",
                &[("parts", json!([])), ("nearest", Value::Null)],
            );
        }
        query => query?,
    };
    let salt = match &query.store {
        Some(store) => store.salt()?,
        // Nothing to compare with: any will do that nobody can guess.
        None => Store::random_salt(),
    };
    let parts: Vec<Shown> = query
        .plan
        .identity()
        .parts()
        .into_iter()
        .map(|part| Shown { digest: part.digest(&salt), part })
        .collect();
    let nearest = nearest(&query, &parts)?;
    if args.json {
        let mut object = query.fields();
        object.insert("parts".to_owned(), parts.iter().map(part_object).collect());
        object.insert("nearest".to_owned(), nearest_object(nearest.as_ref()));
        object.insert("hint".to_owned(), inputs::hint(&query.plan).into());
        json::print(&object)?;
    } else {
        out::print(&text(context, &query, &parts, nearest.as_ref()))?;
    }
    Ok(Exit::OK)
}

/// The nearest entry, where nothing is stored under the key itself.
fn nearest(query: &Query<'_>, parts: &[Shown]) -> Result<Option<Nearest>, Failure> {
    let (Some(store), None) = (&query.store, &query.inspection.found) else { return Ok(None) };
    let program = query.plan.program.real.as_os_str().as_encoded_bytes().to_vec();
    let digests: Vec<PartDigest> = parts.iter().map(|shown| shown.digest.clone()).collect();
    Ok(entries::catalog(store).nearest(program, digests)?)
}

fn part_object(shown: &Shown) -> Value {
    let mut object = Map::new();
    object.insert("kind".to_owned(), shown.part.kind.name().into());
    json::insert_bytes(&mut object, "name", &shown.part.name);
    if shown.part.kind == Kind::Variable {
        object.insert("digest".to_owned(), hex(&shown.digest.digest).into());
    } else {
        json::insert_bytes(&mut object, "value", &shown.part.value);
    }
    object.into()
}

fn nearest_object(nearest: Option<&Nearest>) -> Value {
    let Some(Nearest { listed, differs }) = nearest else { return Value::Null };
    let mut object = Map::new();
    object.insert("id".to_owned(), listed.head.key.id().into());
    json::insert_words(&mut object, "command", &listed.detail.command);
    let differs = differs.iter().map(|difference| {
        let mut object = Map::new();
        object.insert("kind".to_owned(), difference.kind.name().into());
        json::insert_bytes(&mut object, "name", &difference.name);
        object.insert("how".to_owned(), difference.how.word().into());
        Value::from(object)
    });
    object.insert("differs".to_owned(), differs.collect());
    json!(object)
}

fn text(
    context: &Context,
    query: &Query<'_>,
    parts: &[Shown],
    nearest: Option<&Nearest>,
) -> String {
    let key = query.plan.key();
    let mut text = format!("key      {key}\nstate    {}\n", query.summary());
    if let Some(nearest) = nearest {
        text.push_str(&nearest_text(nearest, query));
    }
    if let Some(hint) = inputs::hint(&query.plan) {
        let _ = writeln!(text, "hint     {hint}");
    }
    text.push('\n');
    text.push_str(&table(context, parts, nearest).render(out::width(), out::colors(context)));
    text
}

fn nearest_text(nearest: &Nearest, query: &Query<'_>) -> String {
    let Nearest { listed, differs } = nearest;
    let age = listed.head.created.age(query.now).known();
    let age = age.map_or(String::new(), |age| format!(", {} old", time::brief(age)));
    let command = escape::command(&listed.detail.command);
    let differs: Vec<String> = differs
        .iter()
        .map(|difference| {
            let name = escape::bytes(&difference.name);
            format!("{} {name} {}", difference.kind.name(), difference.how.word())
        })
        .collect();
    format!("nearest  {}{age}: {command}\ndiffers  {}\n", listed.head.key.id(), differs.join(", "))
}

fn table(context: &Context, parts: &[Shown], nearest: Option<&Nearest>) -> Table {
    let mut table =
        Table::new(&[("PART", Align::Left), ("NAME", Align::Left), ("VALUE", Align::Left)]);
    let differs = |part: &Part| {
        nearest
            .iter()
            .flat_map(|nearest| &nearest.differs)
            .any(|difference| (difference.kind, &difference.name) == (part.kind, &part.name))
    };
    for Shown { part, digest } in parts {
        let style = if differs(part) { Style::Bad } else { Style::Plain };
        let value = match part.kind {
            Kind::Variable => format!("digest {}", hex(&digest.digest)),
            _ => escape::bytes(&part.value),
        };
        table.push(vec![
            Cell::styled(part.kind.name(), style),
            Cell::styled(escape::bytes(&part.name), style),
            Cell::styled(value, style),
        ]);
    }
    for (name, _) in &context.variables {
        let listed =
            parts.iter().any(|shown| shown.part.kind == Kind::Variable && shown.part.name == *name);
        if let (false, Some(reason)) = (listed, volatile::reason(name)) {
            table.push(vec![
                Cell::styled("left out", Style::Faded),
                Cell::styled(escape::bytes(name), Style::Faded),
                Cell::styled(reason, Style::Faded),
            ]);
        }
    }
    table
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
