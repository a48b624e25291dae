//! The runner, from outside: real commands, real descriptors, real signals.
//!
//! Each test starts this very program once more as an actor: a process of one thread that runs
//! one command by [`omoide::runner`] and writes down what came of it. That is why there is a main
//! function here; everything else is as with the usual test harness.

mod actor;
mod call;

mod caller;
mod leftovers;
mod output;
mod signals;
mod starting;
mod timeout;

use libtest_mimic::{Arguments, Trial};

/// Makes a trial of each function, under its name.
macro_rules! trials {
    ($($module:ident::{$($test:ident),+ $(,)?})+) => {
        vec![$($(Trial::test(
            concat!(stringify!($module), "::", stringify!($test)),
            || { $module::$test(); Ok(()) },
        )),+),+]
    };
}

fn main() {
    if let Some(script) = actor::script() {
        actor::act(&script);
    }
    // Whoever starts the tests may have some ignored, as nohup does and a shell in the background,
    // and no command could trap those.
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM] {
        omoide::sys::signal::set_default(signal).expect("a signal");
    }
    let trials = trials! {
        caller::{
            a_reader_that_went_early_gets_nothing_and_the_recording_is_whole,
            a_reader_that_goes_ends_an_endless_command,
            a_reader_that_goes_is_followed_after_a_while,
            a_recording_that_is_not_whole_is_not_continued_for_nobody,
            a_reader_that_stalls_is_reported_and_gets_everything,
            a_full_device_is_reported,
            a_non_blocking_pipe_gets_everything,
            a_pipe_of_the_callers_is_left_blocking,
            a_socket_gets_everything,
            a_file_is_appended_to,
            one_reader_may_wait_for_the_other,
        }
        leftovers::{
            a_background_process_is_carried_on_without_our_locks,
            a_background_process_that_never_pauses_does_not_hold_us,
            a_background_process_loses_its_reader_with_the_caller,
            a_command_that_closes_its_output_is_waited_for,
        }
        output::{
            both_streams_arrive_and_are_recorded,
            merged_streams_keep_their_order,
            what_is_withheld_is_recorded_only,
            what_a_tape_cannot_hold_is_delivered,
            memory_stays_constant,
            bytes_of_all_values_pass,
        }
        signals::{
            a_signal_from_outside_reaches_the_command,
            the_signal_that_ended_the_command_is_reported,
            we_die_of_a_signal_without_a_core,
            an_interrupt_from_our_group_is_forwarded_late,
            an_interrupt_from_our_group_may_have_arrived_already,
            a_signal_after_the_exit_is_for_us,
            a_stuck_reader_does_not_hold_us_after_a_signal,
            what_the_caller_ignores_stays_ignored,
            everything_inherited_reaches_the_command,
            everything_inherited_reaches_what_replaces_us,
        }
        starting::{
            what_cannot_be_started_is_told_apart,
            a_script_without_interpreter_is_run_by_sh,
            the_name_is_the_one_that_was_typed,
            input_is_null_or_a_file_from_its_offset,
        }
        timeout::{
            everything_is_ended_even_what_refuses,
            what_obeys_is_not_waited_for,
            who_is_told_to_end_ends_even_what_refuses,
            a_command_in_time_is_left_alone,
            children_from_before_are_spared,
        }
    };
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
