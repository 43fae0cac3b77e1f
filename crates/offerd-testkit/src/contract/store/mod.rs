//! The contract of the store ports.
//!
//! Each behaviour is a function that takes an empty store and panics where the store fails it.
//! [`store_contract!`](crate::store_contract) makes a test of each.
#![allow(missing_docs, reason = "the name of a behaviour is a sentence that says all")]

pub mod changes;
pub mod commits;
pub mod invoices;
pub mod named_values;
pub mod offers;
pub mod payments;
pub mod payouts;
pub mod receipts;
mod snapshot;
pub mod subscribers;
pub mod subscriptions;

use offerd_core::port::{Indexed, PortErrorKind, Store};
use offerd_core::{Batch, Effect, Event};

pub use snapshot::{Snapshot, fill};

/// Makes a test of every behaviour: `store_contract!(provide)`, where `provide` is a function that gives an empty
/// store.
#[macro_export]
macro_rules! store_contract {
    ($provide:path) => {
        $crate::store_contract! { @ $provide;
            commits:
                all_events_and_effects_of_a_batch_are_there_afterwards,
                a_conflict_in_the_last_event_undoes_the_whole_batch,
                an_event_about_a_row_that_does_not_exist_is_refused,
                the_outbox_gives_what_is_owed_in_order_until_it_is_done,
                doing_an_effect_twice_is_harmless,
                an_outbox_number_is_not_used_again,
                an_empty_batch_changes_nothing;
            changes:
                an_empty_store_has_no_places,
                records_have_places_in_the_order_of_what_happened_to_them,
                a_record_has_its_newest_place,
                a_refused_event_takes_no_place,
                the_log_is_told_from_any_place_on,
                a_payout_has_a_place_for_each_turn_of_its_redemptions;
            offers:
                an_offer_is_found_by_each_of_its_names,
                an_unknown_offer_is_absent,
                offers_are_numbered_from_one,
                a_second_offer_of_one_number_is_refused,
                a_second_offer_of_the_same_arguments_is_refused,
                offers_without_arguments_key_do_not_collide,
                a_second_single_use_offer_of_one_label_is_refused,
                offers_that_are_not_single_use_may_share_a_label,
                every_encoding_of_an_offer_finds_it,
                an_encoding_belongs_to_one_offer,
                a_disabled_offer_is_inactive_and_cannot_be_disabled_again,
                a_disabled_offer_can_be_enabled_once,
                a_used_single_use_offer_cannot_be_enabled,
                offers_come_in_pages_oldest_first;
            payouts:
                a_payout_is_found_by_each_of_its_names,
                a_payout_without_strings_and_options_is_kept,
                payouts_are_numbered_from_one,
                a_second_payout_of_one_number_is_refused,
                a_second_payout_of_one_label_is_refused_in_any_state,
                a_second_payout_of_one_nonce_is_refused,
                a_second_payout_of_one_string_is_refused,
                payouts_without_label_do_not_collide,
                a_payout_by_the_piece_is_kept,
                a_refund_is_kept_and_found_by_what_it_refunds,
                a_disabled_payout_cannot_be_disabled_again,
                a_disabled_payout_can_be_enabled_and_a_spent_one_cannot,
                open_payouts_are_summed_up_until_they_expire_or_are_withdrawn,
                payouts_come_in_pages_oldest_first;
            payments:
                a_payment_is_found_by_id_label_and_request,
                a_claim_is_found_by_its_payout,
                a_second_payment_of_one_id_is_refused,
                a_second_unfinished_claim_on_one_payout_is_refused,
                a_claim_on_a_paid_payout_is_refused,
                a_failed_claim_frees_its_payout,
                a_claim_on_an_unknown_payout_is_refused,
                a_second_order_for_one_request_is_refused_while_the_first_is_unfinished_or_paid,
                a_failed_order_frees_its_request_and_label,
                a_label_names_the_newest_order,
                an_order_that_trusts_the_payee_stands_beside_an_unfinished_one,
                a_claim_and_an_order_may_share_a_request,
                a_paid_claim_spends_its_payout_in_the_same_commit,
                a_paid_claim_spends_a_disabled_payout_too,
                a_failed_claim_leaves_the_payout_as_it_was,
                a_payment_that_was_put_off_is_due_later,
                what_attempts_came_to_is_kept_until_the_payment_ends,
                every_kind_of_failure_is_kept,
                an_end_is_written_once,
                a_proof_beats_a_recorded_failure,
                a_proof_is_recorded_beside_the_claim_that_took_its_place,
                a_late_proof_bars_further_claims,
                pending_payments_are_those_without_an_end,
                candidates_wait_beside_each_other_until_one_is_approved,
                a_payout_of_many_uses_is_claimed_as_often_and_then_spent,
                payments_are_found_by_their_hash,
                claims_count_with_their_fees_from_a_moment_on,
                claims_beyond_all_bitcoin_count_as_all_of_it,
                a_payment_of_a_bolt11_invoice_is_kept,
                payments_come_in_pages_oldest_first;
            invoices:
                an_invoice_is_found_by_number_and_label,
                invoices_are_numbered_from_one,
                a_second_invoice_of_one_number_is_refused,
                a_second_invoice_of_one_label_is_refused,
                a_refused_invoice_frees_its_label,
                an_invoice_is_refused_once,
                a_bolt11_invoice_is_found_by_its_payment_hash,
                a_second_bolt11_invoice_of_one_payment_hash_is_refused,
                a_receipt_without_payer_is_kept,
                invoices_come_in_pages_oldest_first;
            receipts:
                a_receipt_is_found_by_key_source_and_payment,
                a_receipt_without_options_is_kept,
                a_second_receipt_for_one_request_is_refused,
                requests_of_different_sources_do_not_collide,
                a_second_receipt_of_one_payment_is_refused,
                another_payment_of_the_same_hash_is_another_receipt,
                a_receipt_needs_its_offer_or_invoice,
                a_paid_receipt_has_its_amount_and_marks_the_offer_as_used,
                a_receipt_is_paid_once,
                a_lost_receipt_frees_its_request_and_is_lost_once,
                money_that_came_is_recorded_even_where_it_was_thought_lost,
                claiming_receipts_are_those_without_an_end,
                receipts_are_found_by_their_hash,
                receipts_come_in_pages_oldest_first;
            subscribers:
                a_series_is_found_by_number_and_by_offer_and_payer,
                series_are_numbered_from_one,
                a_payer_has_one_series_of_an_offer,
                a_series_goes_on_and_never_back,
                series_are_due_in_the_order_of_time,
                series_come_in_pages_oldest_first;
            subscriptions:
                a_subscription_is_found_by_number_and_label,
                subscriptions_are_numbered_from_one,
                a_label_is_one_subscription_in_any_state,
                a_subscription_goes_on_and_never_back,
                a_payment_is_of_one_subscription,
                live_subscriptions_are_those_to_which_something_may_happen,
                subscriptions_come_in_pages_oldest_first;
            named_values:
                a_written_value_is_read_back,
                an_absent_value_is_none,
                a_value_is_replaced,
                an_empty_value_is_not_an_absent_one,
                a_removed_value_is_gone_and_may_be_removed_again,
                namespaces_do_not_mix,
                several_changes_are_made_in_order_and_at_once,
                a_large_value_is_kept;
        }
    };
    (@ $provide:path; $($area:ident: $($behaviour:ident),+;)+) => {
        $($(
            #[test]
            fn $behaviour() {
                $crate::contract::store::$area::$behaviour(&$provide());
            }
        )+)+
    };
}

/// Commits events that must be accepted.
fn commit(store: &dyn Store, events: impl IntoIterator<Item = Event>) {
    let batch = Batch { events: events.into_iter().collect(), effects: Vec::<Effect>::new() };
    store.commit(&batch).expect("the batch should be accepted");
}

/// Commits an event that must be refused, and leave everything as it was.
fn refused(store: &dyn Store, kind: PortErrorKind, event: Event) {
    let before = Snapshot::of(store);
    let error = store.commit(&Batch::of(event.clone())).expect_err("the event should be refused");
    assert_eq!(error.kind, kind, "{event:?} was refused with: {error}");
    assert_eq!(Snapshot::of(store), before, "a refused event left something behind: {event:?}");
}

/// An event that collides with what is there.
fn conflicts(store: &dyn Store, event: Event) {
    refused(store, PortErrorKind::Conflict, event);
}

/// An event about what is not there.
fn rejected(store: &dyn Store, event: Event) {
    refused(store, PortErrorKind::Rejected, event);
}

/// Rows with their places, from `first` on.
fn indexed<T>(first: u64, rows: impl IntoIterator<Item = T>) -> Vec<Indexed<T>> {
    (first..).zip(rows).map(|(created_index, row)| Indexed { created_index, row }).collect()
}
