"""Drives a network of three offerd nodes with pyln-client as it comes from PyPI.

usage: drive.py DIR        with a node's folder for each of shop, atm and customer in DIR

Whatever is otherwise than a caller of Core Lightning expects ends it with an error.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyln.client import LightningRpc, Millisatoshi, RpcError

SAT = 1000


def refused(call, *args, **kwargs):
    """The error object of a call that must be refused."""
    try:
        result = call(*args, **kwargs)
    except RpcError as refusal:
        assert isinstance(refusal.error["code"], int), refusal
        assert refusal.error["message"], refusal
        return refusal.error
    raise AssertionError(f"it was not refused: {result}")


def offers(shop, customer):
    """A fixed price and any amount; fetched, then paid; paid in one call."""
    made = shop.offer("1000sat", "coffee", issuer="the shop", label="pyln coffee")
    assert made["created"] is True and made["active"] is True and made["used"] is False
    assert made["bolt12"].startswith("lno1")
    again = shop.offer("1000sat", "coffee", issuer="the shop", label="pyln coffee")
    assert again["created"] is False and again["offer_id"] == made["offer_id"]

    decoded = customer.decode(made["bolt12"])
    assert decoded["valid"] is True and decoded["type"] == "bolt12 offer"
    assert decoded["offer_id"] == made["offer_id"]
    assert decoded["offer_description"] == "coffee"
    assert decoded["offer_amount_msat"] == Millisatoshi("1000sat"), decoded

    fetched = customer.fetchinvoice(made["bolt12"], payer_note="from python")
    assert fetched["invoice"].startswith("lni1") and fetched["changes"] == {}
    invoice = customer.decode(fetched["invoice"])
    assert invoice["type"] == "bolt12 invoice" and invoice["valid"] is True
    paid = customer.pay(fetched["invoice"], label="pyln first")
    assert paid["status"] == "complete"
    assert paid["amount_msat"] == Millisatoshi("1000sat")
    assert paid["amount_sent_msat"] >= paid["amount_msat"]
    assert paid["payment_hash"] == invoice["invoice_payment_hash"]
    assert len(bytes.fromhex(paid["payment_preimage"])) == 32

    tip = shop.offer("any", "a tip")
    for amount in [Millisatoshi("7sat"), "7001msat", 7002]:
        xpaid = customer.xpay(tip["bolt12"], amount_msat=amount)
        assert xpaid["successful_parts"] >= 1 and xpaid["failed_parts"] == 0
    with_quantity = shop.offer("10sat", "a cup", quantity_max=3)
    cups = customer.fetchinvoice(with_quantity["bolt12"], quantity=2)
    assert customer.decode(cups["invoice"])["invoice_amount_msat"] == 20 * SAT

    listed = shop.listoffers(offer_id=made["offer_id"])["offers"]
    assert [offer["offer_id"] for offer in listed] == [made["offer_id"]]
    assert listed[0]["used"] is True and listed[0]["label"] == "pyln coffee"
    assert shop.listoffers(offer_id="00" * 32)["offers"] == []
    received = shop.listinvoices(offer_id=made["offer_id"])["invoices"]
    paid_ones = [invoice for invoice in received if invoice["status"] == "paid"]
    assert [invoice["invreq_payer_note"] for invoice in paid_ones] == ["from python"]
    pays = customer.listpays(payment_hash=paid["payment_hash"])["pays"]
    assert pays[0]["status"] == "complete" and pays[0]["preimage"] == paid["payment_preimage"]
    return made, paid


def payouts(atm, customer):
    """A code that pays whoever redeems it, once, by either spelling."""
    code = atm.offerout("5000sat", "withdrawal", None, "pyln payout")
    assert code["created"] is True and code["single_use"] is True and code["used"] is False
    assert code["invoice_request"].startswith("lnr1")
    redeemed = customer.sendinvoice(code["bolt12"], "pyln redeemed")
    assert redeemed["status"] == "paid"
    assert redeemed["amount_received_msat"] == Millisatoshi("5000sat")
    # The redeemer has the money a moment before the payer has the proof.
    atm.call("waitpayout", {"offer_id": code["offer_id"], "timeout": 30})
    error = refused(customer.sendinvoice, code["invoice_request_signed"], "pyln again")
    assert error["code"] == 1004 and error["data"]["error"] == "already redeemed", error
    error = refused(atm.offerout, "6000sat", "withdrawal", None, "pyln payout")
    assert error["code"] == 1000 and error["data"]["offer_id"] == code["offer_id"], error

    request = atm.invoicerequest(amount="3000sat", description="a gift")
    redeemed = customer.sendinvoice(invreq=request["bolt12"], label="pyln gift")
    assert redeemed["amount_received_msat"] == 3000 * SAT
    atm.call("waitpayout", {"offer_id": request["invreq_id"], "timeout": 30})
    listed = atm.listinvoicerequests(invreq_id=request["invreq_id"])["invoicerequests"]
    assert listed[0]["used"] is True


def waits(shop, customer):
    """Past payments at once, coming ones when they come, none after the time given."""
    first = shop.waitanyinvoice(timeout=30)
    assert first["status"] == "paid" and first["pay_index"] == 1, first
    mine = customer.waitinvoice("pyln redeemed")
    assert mine["status"] == "paid" and mine["amount_received_msat"] == Millisatoshi("5000sat")
    last = max(invoice.get("pay_index", 0) for invoice in shop.listinvoices()["invoices"])
    offer = shop.offer("3sat", "waited for")
    with ThreadPoolExecutor() as threads:
        coming = threads.submit(shop.waitanyinvoice, lastpay_index=last, timeout=60)
        customer.pay(offer["bolt12"])
        assert coming.result()["local_offer_id"] == offer["offer_id"]
    assert shop.waitoffer(offer["offer_id"])["amount_received_msat"] == 3 * SAT
    changed = shop.wait(subsystem="invoices", indexname="created", nextvalue=1)
    assert changed["subsystem"] == "invoices" and changed["created"] >= 1
    error = refused(shop.waitanyinvoice, lastpay_index=last + 1000, timeout=1)
    assert error["code"] == 904, error


def errors(shop, customer):
    """Codes and data as a caller of Core Lightning knows them."""
    for call, code in [
        (lambda: customer.call("nonsense"), -32601),
        (lambda: customer.call("offer", ["lots", "coffee"]), -32602),
        (lambda: customer.call("offer", {"amount": "1sat"}), -32602),
        (lambda: customer.call("offer", {"amount": "1sat", "description": "x", "colour": 1}), -32602),
        (lambda: customer.fetchinvoice("coffee"), -32602),
        (lambda: shop.disableoffer("00" * 32), -1),
    ]:
        error = refused(call)
        assert error["code"] == code, error
    ended = shop.offer("2sat", "closed")
    assert shop.disableoffer(ended["offer_id"])["active"] is False
    assert refused(shop.disableoffer, ended["offer_id"])["code"] == 1001
    error = refused(customer.fetchinvoice, ended["bolt12"])
    assert error["code"] == 1004 and "no longer available" in error["message"], error


def conveniences(shop):
    """What the client does around a call: filters, notices, positions and names."""
    with shop.reply_filter({"offers": [{"label": True}]}):
        listed = shop.listoffers()
    assert listed["offers"] and all(set(offer) <= {"label"} for offer in listed["offers"])
    with shop.notify(lambda message, progress, request: None):
        assert shop.getinfo()["network"] == "regtest"
    by_position = shop.call("listoffers", [None, True])["offers"]
    by_name = shop.call("listoffers", {"active_only": True})["offers"]
    assert by_position == by_name
    commands = [entry["command"].split()[0] for entry in shop.help()["help"]]
    assert {"offer", "fetchinvoice", "pay", "xpay", "offerout", "sendinvoice"} <= set(commands)


def main(folder):
    shop, atm, customer = (
        LightningRpc(str(Path(folder) / name / "offerd-rpc")) for name in ["shop", "atm", "customer"]
    )
    offers(shop, customer)
    payouts(atm, customer)
    waits(shop, customer)
    errors(shop, customer)
    conveniences(shop)
    print("done")


if __name__ == "__main__":
    main(sys.argv[1])
