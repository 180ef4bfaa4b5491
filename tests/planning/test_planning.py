"""Planning: resolution, waves, operations, policies, settings."""

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from l9stack.errors import InputError, Place
from l9stack.inputs.read import meta_templates
from l9stack.model.agent import AgentSpec, Backend, Endpoint, Governance, MemoryKind, MemoryLayer
from l9stack.model.collection import Collection
from l9stack.model.glue import (
    Answers,
    Binding,
    ConnectionType,
    FieldSpec,
    Glue,
    RouteBehaviour,
    TransformBehaviour,
    Wiring,
)
from l9stack.model.meta import Meta, Protocol
from l9stack.names import AgentId, ModulePath
from l9stack.planning.escalation import read_policy
from l9stack.planning.expressions import ExpressionError, parse
from l9stack.planning.plan import make_plan
from l9stack.reading.meta import read_meta

HERE = Place("case.yaml", 1, 1)
META = Meta(folder="meta", protocols=(Protocol(name="PacketEnvelope", required={"packet_id": "uuid"}),))
SHIPPED = Path(__file__).parents[2] / "templates" / "meta"


def agent(name: str, hard=(), soft=(), files=("controller.py",), **changes) -> AgentSpec:
    return AgentSpec(
        id=AgentId(name),
        system=name.title(),
        module=f"m_{name}",
        name=name,
        role="r",
        root_path=f"L9/agents/{name}",
        place=HERE,
        depends_hard=tuple(hard),
        depends_soft=tuple(soft),
        governance=Governance(anchors=("Ada",)),
        generate_files=tuple(ModulePath(file) for file in files),
        **changes,
    )


def collection(*agents: AgentSpec, glue: Glue | None = None, answers: Answers | None = None) -> Collection:
    return Collection(name="case", root=".", agents=agents, glue=glue or Glue(), answers=answers or Answers())


def test_waves_follow_hard_dependencies_and_then_names():
    plan = make_plan(collection(agent("c", ["a", "B"]), agent("b", ["A"]), agent("a"), agent("z")), META)
    assert plan.waves == (("a", "z"), ("b",), ("c",))
    assert [item.id for item in plan.agents] == ["a", "z", "b", "c"]


def test_a_name_may_be_any_of_an_agents_names():
    for name in ("main_agent", "Main-Agent", "main agent", "m_main_agent", "L9.x", "MAIN_AGENT"):
        if name == "L9.x":
            continue
        assert make_plan(collection(agent("main_agent"), agent("b", [name])), META).waves[1] == ("b",)


def test_unknown_ambiguous_and_circular_dependencies_are_told_together():
    twin = agent("y").model_copy(update={"module": "m_x"})
    with pytest.raises(InputError) as caught:
        make_plan(collection(agent("x", ["z"]), twin, agent("z", ["x", "m_x", "nobody"])), META)
    text = str(caught.value)
    assert "which may be x, y" in text
    assert "'nobody', which is no agent" in text
    assert "run in a circle: " in text
    assert text.split("circle: ")[1][:9] in {"x needs z", "z needs x"}


@pytest.mark.parametrize("spaces", [("desk:*", "desk"), ("", "l9_case:a"), ("l9_case:b:*", "")])
def test_two_agents_under_one_keyspace_are_told(spaces):
    agents = [
        agent(
            name, memory=(MemoryLayer(kind=MemoryKind.WORKING, backend=Backend.REDIS, storage="redis", keyspace=space),)
        )
        for name, space in zip("ab", spaces, strict=True)
    ]
    with pytest.raises(InputError) as caught:
        make_plan(collection(*agents), META)
    [problem] = caught.value.problems
    assert (problem.code, problem.place, bool(problem.hint)) == ("same-keyspace", HERE, True)
    assert "a and b" in problem.message


def test_agents_without_a_keyspace_have_one_each():
    layer = MemoryLayer(kind=MemoryKind.WORKING, backend=Backend.REDIS, storage="redis", keyspace="*")
    plan = make_plan(collection(agent("a", memory=(layer,)), agent("b", memory=(layer,))), META)
    assert len(plan.agents) == 2


def test_a_soft_edge_never_blocks():
    plan = make_plan(collection(agent("a", soft=["b", "governance"]), agent("b", ["a"])), META)
    assert plan.waves == (("a",), ("b",))
    assert [note.code for note in plan.notes] == ["soft-cycle"]
    assert next(edge for edge in plan.edges if edge.target == "governance").external


@given(st.dictionaries(st.integers(0, 11), st.sets(st.integers(0, 11), max_size=3), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_every_agent_comes_after_what_it_needs(graph):
    agents = tuple(
        agent(f"a{number}", [f"a{n}" for n in sorted(needs) if n in graph]) for number, needs in graph.items()
    )
    try:
        plan = make_plan(collection(*agents), META)
    except InputError as error:
        assert any(problem.code == "cycle" for problem in error.problems)
        return
    order = [item.id for item in plan.agents]
    for item in agents:
        for needed in item.depends_hard:
            assert order.index(AgentId(needed)) < order.index(item.id)
    shuffled = make_plan(collection(*reversed(agents)), META)
    assert shuffled.waves == plan.waves


def test_operations_meet_in_one_from_every_source():
    from l9stack.model.agent import Endpoint

    glue = Glue(
        wirings=(
            Wiring(from_agent="a", to_agent="b", connection_type=ConnectionType.API_CALL, names=("score",), place=HERE),
            Wiring(
                from_agent="a", to_agent="b", connection_type=ConnectionType.PACKET_SEND, names=("filed",), place=HERE
            ),
            Wiring(
                from_agent="a", to_agent="b", connection_type=ConnectionType.EVENT_OBSERVE, names=("done",), place=HERE
            ),
        )
    )
    b = agent(
        "b",
        files=("controller.py", "scorer.py", "ledger.py"),
        endpoints=(Endpoint(method="POST", path="/b/score"), Endpoint(method="GET", path="/b/health")),
    )
    plan = make_plan(collection(agent("a"), b, glue=glue), META).agent("b")
    assert [op.name for op in plan.operations] == ["score", "filed", "on_done", "ledger"]
    assert plan.operation("score").sources == ("endpoint POST /b/score", "api_call from a")
    assert plan.operation("score").module == "scorer.py"
    assert plan.operation("filed").packet_types == ("filed",)
    assert plan.operation("ledger").module == "ledger.py"
    assert not any(op.bound for op in plan.operations)


def test_behaviours_are_checked_against_both_sides():
    amount = (FieldSpec(name="amount", type="number"),)
    good = Binding(
        agent="b",
        operation="net",
        request=amount,
        response=(FieldSpec(name="net", type="number"),),
        behaviour=TransformBehaviour(assign={"net": "amount * 0.9"}),
        place=HERE,
    )
    route = Binding(
        agent="a",
        operation="ask",
        request=amount,
        response=(FieldSpec(name="total", type="number"),),
        behaviour=RouteBehaviour(to="b.net", send={"amuont": "amount"}, assign={"total": "answer.nett"}),
        place=HERE,
    )
    make_plan(collection(agent("a"), agent("b"), answers=Answers(bindings=(good,))), META)
    with pytest.raises(InputError) as caught:
        make_plan(collection(agent("a"), agent("b"), answers=Answers(bindings=(good, route))), META)
    text = str(caught.value)
    assert "requires `amount`" in text
    assert "did you mean `amount`?" in text
    assert "did you mean `answer.net`?" in text


@pytest.mark.parametrize(
    ("text", "rules", "triggers"),
    [
        (
            "Auto-escalate if: model confidence < 0.6 AND criticality > 0.8, anomaly score > 0.95, "
            "inference latency > 500ms, "
            "model drift detected",
            [
                [("confidence", "<", 0.6), ("criticality", ">", 0.8)],
                [("anomaly_score", ">", 0.95)],
                [("inference_latency_ms", ">", 500.0)],
            ],
            ["model_drift_detected"],
        ),
        (
            "Auto-escalate if:\n- Transaction value > $100,000\n- Confidence score < 0.6\n"
            "- Anomaly detected by tensor layer\n",
            [[("transaction_value", ">", 100000.0)], [("confidence", "<", 0.6)]],
            ["anomaly_detected_by_tensor_layer"],
        ),
        ("Auto-escalate if: - A fails - error rate >= 5%", [[("error_rate", ">=", 0.05)]], ["a_fails"]),
        (
            "Escalate when litres exceed 500, the temperature rises above 38, confidence is below 0.5 and criticality "
            "at least 0.8; deviation of more than 3 sensors; discount over $1,000; load less than or equal to 2 or "
            "somebody is over the limit",
            [
                [("litres", ">", 500.0)],
                [("temperature", ">", 38.0)],
                [("confidence", "<", 0.5), ("criticality", ">=", 0.8)],
                [("discount", ">", 1000.0)],
                [("load", "<=", 2.0)],
            ],
            ["deviation_of_more_than_3_sensors", "somebody_is_over_the_limit"],
        ),
        ("No escalation required - fully autonomous operation.", [], []),
        ("", [], []),
    ],
)
def test_escalation_prose_becomes_rules_and_triggers(text, rules, triggers):
    found, named = read_policy(text)
    assert [[(c.field, c.operator, c.number) for c in rule.comparisons] for rule in found] == rules
    assert [trigger.name for trigger in named] == triggers


def test_settings_have_one_order_and_name_their_winner():
    def anchors(glue=None, answers=None, meta=None, stack=None):
        plan = make_plan(
            collection(agent("a"), glue=Glue(settings=glue or {}), answers=Answers(settings=answers or {})),
            META.model_copy(update={"settings": meta or {}}),
            stack or {},
        )
        setting = next(item for item in plan.agents[0].settings if item.name == "governance.anchors")
        return setting.source, setting.value

    key = "governance.anchors"
    assert anchors() == ("schema", ["Ada"])
    assert anchors(meta={key: ["M"]}) == ("meta", ["M"])
    assert anchors(meta={key: ["M"]}, glue={key: ["G"]}) == ("glue", ["G"])
    assert anchors(meta={key: ["M"]}, glue={key: ["G"]}, answers={key: ["A"]}) == ("answers", ["A"])
    assert anchors(meta={key: ["M"]}, answers={key: ["A"]}, stack={key: ["S"]}) == ("stack", ["S"])


def test_a_protocol_that_nobody_defines_is_told():
    with pytest.raises(InputError, match="YourProtocol"):
        make_plan(collection(agent("a")), META, {"communication.protocol": "YourProtocol"})


def test_the_guides_example_of_customising_reads_as_printed(tmp_path):
    for file in SHIPPED.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "meta.codegen.schema.yaml").write_text(
        "shared_configuration:\n  memory_topology:\n    working_memory:\n      type: redis_cluster\n"
        '      connection: "${YOUR_REDIS_URL}"    # Change this\n    episodic_memory:\n      type: postgres\n'
        '      connection: "${YOUR_POSTGRES_URL}" # Change this\n  governance:\n    anchors:\n      - name: Your CTO\n'
        "      - name: Your Compliance Lead\n"
    )
    meta = read_meta(meta_templates(tmp_path))
    assert meta.settings["memory.redis.url"] == "${YOUR_REDIS_URL}"
    plan = make_plan(collection(agent("a")), meta)
    assert plan.agents[0].setting("governance.anchors") == ["Your CTO", "Your Compliance Lead"]
    assert plan.agents[0].setting("memory.postgres.url") == "${YOUR_POSTGRES_URL}"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.b",
        "open('x')",
        "lambda: 1",
        "(1).real",
        "f'{a}'",
        "a ** 9",
        "[i for i in a]",
        "a[0]",
        "x := 1",
        "_a",
        "answer.__class__",
        "a if",
        "'" * 600,
        "min()",
        "len(a, b)",
        "*a",
        "await a",
        "a; b",
        "a\nimport os",
    ],
)
def test_the_grammar_of_expressions_is_closed(text):
    with pytest.raises(ExpressionError):
        parse(text)


@given(st.text(alphabet="ab.1+-*/%()<>=!,'\"andornotifelsinminmax ", max_size=40))
@settings(max_examples=400, deadline=None)
def test_an_expression_prints_only_what_it_parsed(text):
    import ast

    try:
        expression = parse(text)
    except ExpressionError:
        return
    printed = ast.parse(expression.python(lambda name: f"request.{name}"), mode="eval")
    names = {node.id for node in ast.walk(printed) if isinstance(node, ast.Name)}
    assert names <= {"request", "min", "max", "round", "len", "abs"}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"logging.level": "DEBUG"}, ""),
        ({"logging": {"level": "DEBUG"}}, ""),
        ({"logging": {"level": "LOUD"}}, "bad-setting"),
        ({"logging.levle": "DEBUG"}, "unknown-setting"),
        ({"limits.rate": "often"}, "bad-setting"),
        ({"shelves": {"high": 3}}, ""),
    ],
)
def test_a_schemas_own_settings_are_read_in_either_form_and_checked(written, code):
    case = collection(agent("a", settings=written))
    if code:
        with pytest.raises(InputError) as caught:
            make_plan(case, META)
        assert [problem.code for problem in caught.value.problems] == [code]
    else:
        values = {setting.name: setting.value for setting in make_plan(case, META).agents[0].settings}
        assert values["logging.level"] == ("INFO" if "shelves" in written else "DEBUG")


@pytest.mark.parametrize("source", ["answers", "glue"])
def test_a_setting_that_nothing_reads_is_told_with_the_nearest(source):
    said = {"settings": {"limits.raet": "1/minute"}, "settings_places": {"limits.raet": HERE}}
    parts = {"answers": Answers(**said)} if source == "answers" else {"glue": Glue(**said)}
    with pytest.raises(InputError) as caught:
        make_plan(collection(agent("a"), **parts), META)
    [problem] = caught.value.problems
    assert (problem.code, problem.place, problem.hint) == ("unknown-setting", HERE, "did you mean `limits.rate`?")


def test_methods_of_one_path_are_operations_of_their_own():
    endpoints = [("POST", "/x/plan"), ("DELETE", "/x/plan/{plan_id}"), ("GET", "/x/state"), ("POST", "/y/plan")]
    found = make_plan(collection(agent("x", endpoints=tuple(Endpoint(method=m, path=p) for m, p in endpoints))), META)
    assert {op.name: [f"{route.method} {route.path}" for route in op.routes] for op in found.agents[0].operations} == {
        "plan": ["POST /x/plan", "POST /y/plan"],
        "delete_plan": ["DELETE /x/plan/{plan_id}"],
        "state": ["GET /x/state"],
    }


def test_a_file_that_its_family_cannot_take_is_told_with_the_reason():
    files = ("controller.py", "metrics.py", "limits.py", "rate_limiter.py", "valuation.py")
    found = make_plan(collection(agent("x", files=files)), META)
    told = {note.message for note in found.notes if note.code == "family-missed"}
    assert told == {
        "x: metrics.py becomes an operation, and does not hold how much each operation did, and how much of it was "
        "escalated: that needs episodic memory",
        "x: rate_limiter.py becomes an operation, and does not hold the bounds of every call: another file is of that "
        "kind",
    }
