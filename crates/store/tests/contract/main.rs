//! What a store promises, whatever database it is in: each behaviour is written once and runs on
//! SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, missing_docs)]

mod accounts;
mod acts;
mod api_keys;
mod audit;
mod backup;
mod contents;
mod counts;
mod devices;
mod failing;
mod fixture;
mod hours;
mod opening;
mod server;
mod sessions;
mod small;
mod upgrading;

/// Makes of each behaviour a test on either database.
macro_rules! on_both_databases {
    ($($module:ident::$behaviour:ident)+) => {
        mod sqlite {
            $(#[test] fn $behaviour() { crate::fixture::on_sqlite(crate::$module::$behaviour); })+
        }
        mod postgres {
            $(#[test] fn $behaviour() { crate::fixture::on_postgres(crate::$module::$behaviour); })+
        }
    };
}

on_both_databases! {
    opening::tables_are_made_once
    opening::tables_of_a_newer_release_are_refused
    opening::tables_that_somebody_changed_are_refused
    opening::a_look_fails_while_another_holds_the_writing
    opening::a_look_leaves_nothing_behind
    opening::second_opening_sees_what_the_first_wrote
    opening::two_who_open_a_new_database_at_once_both_have_it
    counts::arrivals_written_again_count_once
    counts::arrivals_come_back_in_order_within_the_range
    counts::no_arrivals_are_nothing
    counts::largest_number_is_kept_and_a_larger_one_refused
    counts::arrivals_that_fail_half_way_leave_nothing
    counts::every_sum_of_a_period_comes_back
    counts::period_written_again_touches_no_row
    counts::other_values_replace_the_whole_period
    counts::periods_come_back_in_order_within_the_range
    counts::period_whose_every_step_fails_once_is_whole_or_absent
    counts::arrivals_whose_every_step_fails_once_are_whole_or_absent
    counts::two_writers_of_one_period_leave_one_of_theirs
    hours::months_are_summed_when_they_lose_quarter_hours
    hours::summed_month_stays_as_it_is
    hours::months_of_few_are_summed_and_withheld
    hours::month_after_one_that_tells_nothing_keeps_ten
    hours::sums_come_back_in_order_within_their_days
    hours::summing_whose_every_step_fails_once_is_whole_or_absent
    contents::rows_come_back_with_their_period_and_without_their_keys
    contents::tables_come_back_with_every_cell
    contents::month_nobody_called_in_has_tables_without_counts
    contents::rows_written_again_are_not_doubled
    contents::counts_rows_and_tables_are_replaced_together
    contents::rows_and_tables_of_what_has_none_are_refused
    contents::rows_and_tables_are_read_within_their_days
    contents::same_contents_written_again_touch_no_row
    contents::nothing_says_in_which_order_rows_were_written
    contents::contents_whose_every_step_fails_once_are_whole_or_absent
    contents::table_that_somebody_changed_is_told_as_damaged
    audit::entries_come_back_as_a_whole_chain
    audit::empty_audit_ends_where_it_begins
    audit::change_behind_the_stores_back_is_named
    audit::entry_deleted_behind_the_stores_back_is_named
    audit::erased_payload_leaves_the_chain_whole
    audit::pruned_audit_goes_on_from_a_signed_place
    audit::audit_that_was_pruned_to_nothing_keeps_its_numbers
    audit::place_that_is_not_in_the_chain_prunes_nothing
    audit::two_that_append_at_once_make_one_chain
    audit::pruning_whose_every_step_fails_once_is_whole_or_absent
    audit::erasing_whose_every_step_fails_once_is_whole_or_absent
    acts::days_are_added_in_order_and_the_chain_is_whole
    acts::day_that_is_written_again_is_there_once
    acts::day_with_other_entries_is_written_again
    acts::marks_of_days_before_the_first_are_forgotten
    acts::day_that_comes_after_a_newer_one_is_pruned_with_it
    acts::days_whose_every_step_fails_once_are_whole_or_absent
    acts::two_that_write_the_same_day_at_once_write_it_once
    audit::whole_audit_is_found_whole_from_its_beginning
    audit::broken_entry_of_the_whole_audit_is_named
    backup::restored_database_is_the_same_whatever_it_was_and_is
    backup::backup_has_every_table_but_those_of_the_running_line
    backup::backup_of_many_pages_comes_back_whole
    backup::erased_payload_stays_erased
    backup::payload_erased_after_the_backup_does_not_come_back
    backup::database_that_is_not_empty_is_left_as_it_is
    backup::file_that_was_cut_or_changed_leaves_nothing
    backup::another_key_leaves_nothing
    backup::restore_whose_every_step_fails_once_leaves_all_or_nothing
    accounts::account_comes_back_as_it_was_written
    accounts::login_name_is_one_whatever_its_case
    accounts::accounts_come_in_the_order_of_their_names
    accounts::every_change_touches_nothing_else
    accounts::account_that_is_not_there_is_not_changed
    sessions::session_comes_back_by_its_token
    sessions::session_of_no_account_is_refused
    sessions::token_opens_one_session
    sessions::use_of_a_session_moves_only_forward
    sessions::sessions_end_alone_or_with_their_account
    sessions::sessions_that_ran_out_are_deleted
    accounts::every_role_comes_back
    accounts::several_changes_are_made_whole_or_not_at_all
    accounts::names_that_are_none_are_refused
    accounts::no_more_accounts_than_there_may_be
    accounts::code_counts_once_and_no_earlier_one_after_it
    accounts::of_two_who_use_a_code_at_once_one_counts
    accounts::last_active_administrator_stays
    accounts::of_two_administrators_who_remove_each_other_one_stays
    accounts::new_account_whose_every_step_fails_once_is_whole_or_absent
    accounts::change_whose_every_step_fails_once_is_whole_or_absent
    accounts::removal_whose_every_step_fails_once_is_whole_or_absent
    accounts::code_whose_every_step_fails_once_is_used_or_not
    accounts::account_belongs_to_one_person_and_she_to_one_account
    accounts::account_that_is_nobodys_again_may_be_anybodys
    accounts::account_that_may_not_sign_in_is_pinned_to_nobody
    accounts::of_two_who_come_first_at_once_the_account_is_one_persons
    accounts::pin_whose_every_step_fails_once_is_there_or_not
    api_keys::key_comes_back_by_its_token
    api_keys::token_belongs_to_one_key
    api_keys::key_without_a_name_or_a_scope_is_refused
    api_keys::revoked_key_stays_revoked
    api_keys::one_key_too_many_is_refused_until_another_ends
    api_keys::of_the_keys_that_ended_the_newest_are_kept
    api_keys::key_whose_every_step_fails_once_is_whole_or_absent
    devices::device_is_known_to_whom_it_was_remembered_for
    devices::device_of_no_account_is_refused
    devices::one_device_too_many_is_the_one_unused_longest
    devices::devices_are_forgotten_together_or_with_their_account
    devices::device_whose_every_step_fails_once_is_whole_or_absent
    sessions::new_secrets_or_no_more_rights_end_all_sessions
    sessions::one_session_too_many_ends_the_one_unused_longest
    sessions::session_whose_every_step_fails_once_is_whole_or_absent
    counts::failure_says_what_was_attempted
    small::small_month_of_the_release_before_is_told_with_the_next_one
    small::small_months_are_joined_once_however_often_it_is_opened
    small::last_small_month_is_told_with_the_next_that_closes
    small::month_after_that_is_told_alone_with_rows_and_tables
    small::month_of_few_that_still_waited_in_the_journal_is_told_nowhere_alone
    small::small_month_before_one_in_pieces_is_told_nowhere
    small::backup_has_no_month_that_waits_for_the_next_one
    small::month_that_takes_in_a_small_one_whose_every_step_fails_once_is_whole_or_absent
    hours::month_in_which_a_database_began_tells_no_hour_and_the_next_does
    hours::quarter_hours_that_come_after_their_month_was_summed_are_in_no_sum_of_any_line
    hours::month_that_began_after_the_database_was_made_is_whole_whenever_its_first_call_came
    hours::month_of_a_restore_tells_no_hour_and_the_next_does
    upgrading::rows_and_parts_of_the_release_before_are_withdrawn
    upgrading::month_of_the_release_before_is_told_without_sums_of_few
    upgrading::backup_of_the_release_before_is_restored_without_what_is_withdrawn
}
