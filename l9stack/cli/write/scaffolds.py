"""What `l9 new` writes: short files that are valid, pass every gate, and say what to change."""

_IDENTITY = """\
system: "@Title@"
module: "@agent@"
name: "@Agent@"
role: Says what the agent is for, in one sentence.
rootpath: @root@ # its code; no two agents share a folder
version: 1.0.0

depends_on:
  hard: [] # agents that have to be there first
  soft: [governance] # agents or capabilities that had better be there

governance:
  anchors: [Owner] # who is asked when the agent escalates
  mode: hybrid # autonomous, hybrid or blocking
  escalationpolicy: "Auto-escalate if: confidence < 0.6 AND criticality > 0.7"
  auditscope: [answers]

memorytopology:
  workingmemory: {storagetype: redis, ttl: 15 minutes}
  episodicmemory: {storagetype: postgres, indexby: [subject]}

cursorinstructions:
  generatefiles: [__init__.py, controller.py, config.py, memory_bridge.py, governance_bridge.py, answering.py]
  generatedocs: [README.md, API_SPEC.md]
  linkexisting: [L9/core/governance.py] # what others wrote

deployment:
  endpoints:
    - POST /@agent@/answer
    - GET /health
"""

_EDITORS = """\
# Editors complete and check it after `l9 schema > agent.schema.json` and with this as its first line:
#   # yaml-language-server: $schema=agent.schema.json
"""

FIRST_AGENT = f"""\
# The agents of the collection, a document each, with `---` between them.
{_EDITORS}
{_IDENTITY}"""

AGENT = f"""\
# One agent of the collection. What its operation does, nobody has said yet: `l9 bind @agent@.answer` begins it.
{_EDITORS}
{_IDENTITY}"""

GLUE = """\
# What operations take, answer and do, and who calls whom.
operations:
  @agent@.answer:
    summary: Answer a question about a subject.
    module: answering.py
    request:
      subject: {type: string, min_length: 1, max_length: 80, example: parcel P-77}
      urgency: {type: integer, minimum: 0, maximum: 10, example: 3}
    response:
      answer: {type: string, max_length: 200, example: in due course}
      confidence: {type: number, minimum: 0, maximum: 1, example: 0.9}
    criticality: 0.5
    behaviour:
      decision_table: # or record, route, query_memory, check_policy, transform, echo, or a function by `l9 bind`
        rows:
          - when: urgency > 7
            then: {answer: at once, confidence: 0.7}
        otherwise: {answer: in due course, confidence: 0.9}

# A second agent calls this one as soon as a wiring says so:
# wirings:
#   - {from_agent: Other, to_agent: @Agent@, connection_type: api_call, method_names: [answer]}
"""

ANSWERS = """\
# Answers to the questions of `l9 validate`; they win over glue and schemas. `l9 bind` writes here too. For example:
# operations:
#   @agent@.answer:
#     criticality: 0.9
# settings:
#   governance.timeout_seconds: 3600
"""
