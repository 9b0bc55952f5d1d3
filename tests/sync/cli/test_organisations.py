"""fanlight org: customers and their accounts, and what staff say about them."""

from sync.cli.explaining import explain
from sync.cli.organisations import list_, show
from sync.cli.status import status

STRANGER, BUYER = "stranger@x.example", "buyer@brightwater.example"


def test_customers_are_listed_with_their_records(desk):
    desk.sync()
    told = desk.org("list").stdout
    assert "Brightwater Ltd: 2 accounts, 2 orders" in told
    assert "Harbour & Sons: 1 account, no records" in told


def test_before_the_first_sync_the_list_says_which_command_fills_it(desk):
    assert desk.org("list").stdout == "no organisations yet: fanlight sync crm\n"


def test_accounts_nobody_owns_are_listed_with_what_to_write(desk):
    desk.sync()
    told = desk.org("list", "--unlinked").stdout
    assert f'shop "{STRANGER}": 1 order' in told
    assert f'[organisations] ids = {{ shop = {{ "{STRANGER}" = "ITS ID IN THE PRIMARY SOURCE" }} }}' in told


def test_accounts_of_the_primary_source_are_cured_by_a_list_of_them_not_by_an_id_map(desk):
    toml = (desk.folder / "fanlight.toml").read_text("utf-8")
    head, _, shop = toml.split("[[sources]]\n")
    head = head.replace('"crm"', '"shop"').split("ids = ")[0]
    desk.write("fanlight.toml", head + "[[sources]]\n" + shop)
    desk.sync()
    for told in (desk.org("list", "--unlinked").stdout, desk.run(status).stdout):
        assert "ids = {" not in told
        assert 'profile = "shopify-orders-customers"' in told


def test_staff_link_an_account_and_its_orders_move_at_once(desk):
    desk.sync()
    done = desk.org("link", "shop", STRANGER, "Harbour & Sons")
    assert done.stdout == f'shop "{STRANGER}" belongs to Harbour & Sons now\n'
    assert f'shop "{STRANGER}" by staff' in desk.org("show", "Harbour & Sons").stdout
    assert "visible to Harbour & Sons" in desk.run(explain, "order", "3").stdout


def test_staff_unlink_an_account_and_its_orders_are_nobodys_at_once(desk):
    desk.sync()
    done = desk.org("unlink", "shop", "buyer@brightwater.example")
    assert "belongs to nobody now; it was Brightwater Ltd (" in done.stdout
    told = desk.run(explain, "order", "#1").stdout
    assert 'visible to nobody, because staff keep account "buyer@brightwater.example" apart' in told
    assert "kept apart by staff" in desk.org("list", "--unlinked").stdout


def test_what_staff_said_can_be_taken_back(desk):
    desk.sync()
    desk.org("unlink", "shop", "buyer@brightwater.example")
    done = desk.org("unlink", "shop", "buyer@brightwater.example", "--forget")
    assert done.stdout.rstrip().endswith("follows the rules again and belongs to Brightwater Ltd")


def test_forgetting_would_make_a_primary_account_a_new_customer_so_it_is_refused(desk):
    desk.sync()
    refused = desk.org("unlink", "crm", "001Nw0000021sVQIAY", "--forget")
    assert refused.exit_code == 2
    assert "fanlight org link crm 001Nw0000021sVQIAY ORGANISATION" in refused.stderr


def test_two_primary_accounts_may_be_joined_and_what_leans_on_them_follows(desk):
    desk.sync()
    done = desk.org("link", "crm", "001Nw0000021sVQIAY", "Harbour & Sons")
    assert "(was Brightwater Ltd (" in done.stdout
    assert "visible to Harbour & Sons" in desk.run(explain, "order", "#1").stdout


def test_an_account_nobody_saw_is_refused_and_where_to_look_is_named(desk):
    desk.sync()
    refused = desk.org("link", "shop", STRANGER.upper(), "Harbour & Sons")
    assert refused.exit_code == 2
    assert f'nothing in shop belongs to an account "{STRANGER.upper()}"' in refused.stderr
    assert "fanlight org list --unlinked" in refused.stderr


def test_a_name_is_taken_exactly_and_similar_ones_are_offered(desk):
    desk.sync()
    refused = desk.org("show", "brightwater")
    assert refused.exit_code == 2
    assert 'did you mean "Brightwater Ltd" (' in refused.stderr


def test_a_name_of_two_customers_asks_for_the_id(desk):
    desk.accounts(**{"001Nw0000021sVQIAY": "Twin Ltd", "001Nw0000021sVRIAY": "Twin Ltd"})
    desk.sync()
    refused = desk.org("show", "Twin Ltd")
    assert refused.exit_code == 2
    assert "is the name of 2 organisations; give the id" in refused.stderr
    assert desk.org("show", refused.stderr.rsplit(", ", 1)[1].strip()).exit_code == 0


def test_lists_are_told_to_programs_too(desk):
    desk.sync()
    brightwater, _ = desk.json(list_)
    assert brightwater["name"] == "Brightwater Ltd"
    assert isinstance(brightwater["id"], str)
    assert desk.json(show, brightwater["id"]) == brightwater
    [waiting] = desk.json(list_, "--unlinked")
    assert waiting == {
        "source": "shop",
        "account": STRANGER,
        "name": "",
        "apart": False,
        "records": {"order": 1},
    }


def test_a_customer_with_sections_of_its_own_is_shown_with_them(desk):
    desk.sections(**{"001Nw0000021sVQIAY": '["support", "orders", "quotes"]'})
    desk.sync()
    assert desk.org("show", "Brightwater Ltd").stdout.splitlines()[-1] == (
        '  its people see orders, quotes, support, by [organisations.sections] "001Nw0000021sVQIAY"; '
        "others see orders, invoices, support, account"
    )
    assert "see" not in desk.org("show", "Harbour & Sons").stdout


def test_a_customer_of_two_accounts_is_shown_with_what_both_have(desk):
    desk.sections(**{"001Nw0000021sVQIAY": '["orders"]', "001Nw0000021sVRIAY": '["support"]'})
    desk.sync()
    desk.org("link", "crm", "001Nw0000021sVQIAY", "Harbour & Sons")
    told = desk.org("show", "Harbour & Sons").stdout
    assert 'its people see no section, by [organisations.sections] "001Nw0000021sVQIAY" and "001Nw' in told
    assert "see" not in desk.org("show", "Brightwater Ltd").stdout


def test_sections_of_an_account_that_is_nobodys_are_told_by_the_status(desk):
    desk.sections(**{"001Nw0000021sVQIAY": '["orders"]', "001Nw0000021sVQ": '["orders"]', BUYER: "[]"})
    assert "holds for nobody" not in desk.run(status).stdout, "before the first sync nobody knows"
    desk.sync()
    told = desk.run(status)
    assert (
        '[organisations.sections] "001Nw0000021sVQ" holds for nobody: crm has no such account' in told.stdout
    )
    assert told.stdout.count("holds for nobody") == 2
    assert told.exit_code == 0
    assert desk.json(status)["stray_sections"] == ["001Nw0000021sVQ", BUYER]
