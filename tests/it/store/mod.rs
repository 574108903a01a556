//! The promises of the store, as a battery that every engine must pass; each test ends with a full verification.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a path to a method of Tx is not general over its lifetime"
)]

mod agree;
mod cases;
mod fixture;
mod server;
mod walks;

/// Runs the whole battery against one engine.
macro_rules! battery {
    ($engine:ident, $open:path; $($file:ident { $($case:ident)* })*) => {
        mod $engine {
            $(mod $file {
                $(
                    #[test]
                    fn $case() {
                        crate::store::fixture::run($open, |at| {
                            Box::pin(crate::store::cases::$file::$case(at))
                        });
                    }
                )*
            })*
        }
    };
}

/// One line an engine.
macro_rules! engines {
    ($($engine:ident: $open:path;)*) => {
        $(battery! { $engine, $open;
            unique {
                one_of_sixteen_gets_the_name
                a_name_is_free_after_deletion
                a_name_that_is_given_up_is_free
                long_names_differ_behind_the_index_key
                the_same_name_in_another_kind_is_no_conflict
            }
            commit {
                a_failing_change_fails_alone
                what_is_answered_can_be_read
                a_scope_undoes_its_own_part
                a_failure_that_is_swallowed_undoes_the_change
                a_read_sees_one_moment
                a_read_cannot_write
                too_many_changes_are_refused
                a_restart_keeps_everything
                a_closed_store_says_so
                two_processes_write_in_turns
            }
            queue {
                clients_are_served_in_turn
                what_nobody_waits_for_is_not_begun
                a_read_that_nobody_waits_for_ends
                a_store_closes_whatever_runs
            }
            resource {
                a_version_grows_by_one
                a_stale_version_is_refused
                a_deleted_resource_is_nowhere
                counters_follow_every_state
                one_look_up_costs_the_same_in_any_store
                damage_is_noticed
                what_a_viewer_does_not_see_is_not_read
                a_change_of_many_values_is_one_pass
            }
            member {
                adding_twice_adds_once
                parallel_additions_all_stay
                adding_costs_the_same_in_any_group
                slices_stay_while_members_come
                a_glance_at_much_becomes_a_read
                an_unknown_id_resolves_to_nobody_for_good
                deleted_members_are_hidden
                the_end_of_a_group_drops_its_members
                setting_members_changes_what_differs
                removing_where_and_clearing
                display_is_as_sent
                hiding_costs_what_there_is_to_hide
            }
            log {
                telling_of_a_change_costs_little_and_does_not_grow
                the_oldest_entries_are_dropped_first
            }
            find {
                pages_are_stable
                a_deep_page_reads_no_bodies
                orders_put_the_missing_last_or_first
                the_primary_value_sorts
                a_scan_has_a_limit
                a_hidden_member_is_not_found
                a_counting_page_is_empty
                keys_end_where_values_go_on
            }
            walk {
                a_deep_page_costs_what_the_first_costs
                a_page_that_is_full_ends_the_scan
                a_scan_of_a_walk_has_a_limit
                what_comes_and_goes_moves_nothing_else
                a_page_reads_groups_at_once
            }
            life {
                a_lock_is_what_filters_see
                a_restore_gives_back_what_was_there
                a_name_that_was_taken_meanwhile_stops_a_restore
                the_deleted_are_found_by_what_they_were
                a_purge_leaves_no_row
                a_dropped_document_leaves_an_id_and_nothing_else
                a_hold_keeps_its_first_reason
                one_at_a_time_has_a_job
                nobody_waits_for_who_is_gone_or_for_a_clock_that_was_wrong
                a_deleted_one_is_not_changed
            }
            sign_in {
                a_link_follows_the_life_of_its_record
                an_identity_has_one_record
                a_session_is_found_by_its_cookie_its_id_and_its_name
                sessions_end_with_the_account
                what_a_login_brought_makes_an_administrator
                one_key_signs_in_one_period
                the_last_failed_logins_are_kept
            }
            role {
                only_active_direct_members_and_grants_hold_a_role
                a_name_is_pinned_once
                finding_a_holder_costs_the_same_in_any_store
            }
            owner {
                a_connection_sees_its_own_and_those_of_nobody
                what_is_hidden_costs_no_documents_and_nothing_where_nothing_is
                doubles_are_looked_for_by_their_addresses_alone
                what_is_handed_over_is_counted_where_it_is
                handing_over_costs_what_is_handed_over
                an_adoption_moves_no_version_and_leaves_behind_what_is_not_seen
                members_of_others_are_not_shown_in_a_group_of_nobodys
                a_question_is_asked_once_and_goes_with_its_record
            }
            connection {
                tokens_live_and_are_revoked
            }
            password {
                one_of_sixteen_uses_a_link
                a_password_is_set_and_hashed_anew
                what_is_held_ends_with_the_account
                a_link_ends_with_the_address_and_nothing_else_does
                tokens_are_listed_and_ended_by_their_owner
                the_launchpad_ends_with_the_first_administrator
                what_somebody_says_of_themself_is_known_as_that
                a_token_of_somebody_who_is_shut_is_a_fault
            }
            saml {
                a_message_is_used_once_by_each_issuer
                the_last_good_metadata_stay
            }
        })*
    };
}

engines! {
    sqlite: crate::store::fixture::sqlite;
    postgres: crate::store::fixture::postgres;
}
