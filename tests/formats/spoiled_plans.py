"""Spoiled task plans, implementation plans and track specifications."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.formats.spoiled import FOLDER, IMPL, LOG, SPEC, TASKS, Case, changed, gone

GRANTED = datetime(2025, 2, 4, tzinfo=UTC)
CASES = [
    Case(
        "tasks.section-not-allowed",
        TASKS,
        (("## Risks & Mitigations", "## Musings"),),
        "## Musings",
    ),
    Case(
        "tasks.needs-clarification",
        TASKS,
        (("- External: none", "- NEEDS CLARIFICATION: which proxy"),),
        "- NEEDS",
    ),
    Case(
        "tasks.blocked",
        TASKS,
        (("- External: none", "- External: BLOCKED — proxy is down"),),
        "- Ext",
    ),
    Case(
        "tasks.stop-token",
        TASKS,
        (
            ("# Plan", "---\nstop_tokens:\n  halt: HALT\n---\n# Plan"),
            ("- External: none", "- HALT"),
        ),
        "- HALT",
    ),
    Case(
        "tasks.question-critical", TASKS, (("resolved: 1, 3", "resolved: 3"),), "- [Critical] Which"
    ),
    Case(
        "tasks.story-out-of-order",
        TASKS,
        (("- [x] “Story Tests to Run”", "- [ ] “Story Tests to Run”"),),
        "- [x] Stream",
    ),
    Case(
        "tasks.exit-missing",
        TASKS,
        (
            (
                "#### Story Exit Checklist (AC Gate — do not proceed unless "
                "all checked)\n- [ ] All",
                "#### Links/Artifacts\n- [ ] All",
            ),
        ),
        "### Story [S-2]",
    ),
    Case(
        "tasks.duplicate-story",
        TASKS,
        (("[S-2]", "[S-1]"), ("Story ID: S-2", "Story ID: S-1")),
        "### Story [S-1]: Down",
    ),
    Case("tasks.story-id", TASKS, (("Story ID: S-2", "Story ID: S-3"),), "### Story [S-2]"),
    Case(
        "tasks.status-word",
        TASKS,
        (("## Checklist of", "### Task [T-1]: Index\n- Status: lingering\n\n## Checklist of"),),
        "### Task [T-1]",
    ),
    Case(
        "tasks.overdue",
        TASKS,
        (("Due: before the audit in June", "Due: 2025-06-06"),),
        "### Story [S-2]",
        facts={"today": date(2025, 6, 7)},
    ),
    Case(
        "tasks.stalled",
        TASKS,
        (),
        "### Story [S-2]",
        facts={"stalled": ("S-2",)},
    ),
    Case(
        "tasks.log-entry",
        TASKS,
        (),
        "## [S-1] partitions",
        where=LOG,
        files=((LOG, changed("- Decision: continue", "- Decision: perhaps")),),
    ),
    Case(
        "tasks.log-entry",
        TASKS,
        (),
        "## [S-1] partitions",
        where=LOG,
        files=((LOG, changed(" — 2025-05-05T10:20:00Z", "")),),
    ),
    Case(
        "tasks.done-entry-missing",
        TASKS,
        (),
        "- [x] Decision Log",
        files=((LOG, changed("- Decision: done", "- Decision: continue")),),
    ),
    Case(
        "impl.constitution-unjustified",
        IMPL,
        (
            (" – the nightly export gets a second kind of entry", ""),
            ("| The ledger refuses negative invoices |", "| |"),
        ),
        "- **Complexity",
        with_it=frozenset({"impl.plan-gate-open"}),
    ),
    Case(
        "impl.constitution-recheck",
        IMPL,
        (("**Re-checked**: 2025-04-09, after the contracts; nothing changed.", ""),),
        "## Constitution",
    ),
    Case(
        "impl.complexity-unneeded",
        IMPL,
        (("NEEDS REVIEW – the nightly export gets a second kind of entry", "OK"),),
        "| Second entry",
    ),
    Case(
        "impl.complexity-unlogged",
        IMPL,
        (),
        "| Second entry",
        files=(
            (
                "plans/core/billing/EPIC-12/exec-plan.md",
                changed("Second entry kind in the nightly export", "Something else"),
            ),
        ),
    ),
    Case(
        "impl.requirements-missing",
        IMPL,
        (),
        "# Impl",
        files=((FOLDER + "checklists/requirements.md", gone),),
        with_it=frozenset({"impl.plan-gate-open"}),
    ),
    Case(
        "impl.requirements-open",
        IMPL,
        (),
        "# Impl",
        files=((FOLDER + "checklists/requirements.md", changed("- [x] No", "- [ ] No")),),
        with_it=frozenset({"impl.plan-gate-open"}),
    ),
    Case(
        "impl.plan-gate-open",
        IMPL,
        (),
        "# Impl",
        files=((FOLDER + "checklists/PlanQualityGate.md", changed("- [x] Every", "- [ ] Every")),),
    ),
    Case(
        "impl.plan-gate-open",
        IMPL,
        (),
        "# Impl",
        files=((FOLDER + "checklists/PlanQualityGate.md", gone),),
    ),
    Case(
        "impl.needs-clarification",
        IMPL,
        (("**Storage**: PostgreSQL 16", "**Storage**: NEEDS CLARIFICATION"),),
        "**Storage**",
        files=tuple(
            (FOLDER + name, gone) for name in ("tasks.md", "data-model.md", "contracts/export.yml")
        ),
    ),
    Case(
        "impl.needs-clarification-late",
        IMPL,
        (("**Storage**: PostgreSQL 16", "**Storage**: [NEEDS CLARIFICATION: which]"),),
        "**Storage**",
        with_it=frozenset({"impl.plan-gate-open", "plan.placeholder"}),
    ),
    Case(
        "impl.blocked",
        IMPL,
        (("3. Update", "3. BLOCKED: the ledger's team is away\n4. Update"),),
        "3. BLOCKED",
        with_it=frozenset({"impl.plan-gate-open"}),
    ),
    Case(
        "impl.leftover-remove",
        IMPL,
        (("services/\n  billing/", "# [REMOVE IF UNUSED]\nservices/\n  billing/"),),
        "# [REMOVE",
    ),
    Case(
        "impl.leftover-option",
        IMPL,
        (("services/\n  billing/", "# Option 2: two services\nservices/\n  billing/"),),
        "# Option 2",
    ),
    Case(
        "impl.leftover-action",
        IMPL,
        (("```text\nservices/", "<!--\n  ACTION REQUIRED: fill\n-->\n```text\nservices/"),),
        "  ACTION",
    ),
    Case(
        "impl.phases-differ", IMPL, (("Phase 3 – Validation", "Phase 3 – Hope"),), "## Plan of Work"
    ),
    Case(
        "impl.duplicate-task",
        IMPL,
        (),
        "- [ ] T004 [P] C",
        where=FOLDER + "tasks.md",
        files=((FOLDER + "tasks.md", changed("T005", "T004")),),
    ),
    Case("spec.front-matter-missing", SPEC, (("---\nproject", "\n---\nproject"),), ""),
    Case("spec.front-matter-key", SPEC, (('  branch: "main"\n', ""),), "---"),
    Case(
        "spec.track-id-differs",
        SPEC,
        (("**Track ID:** offline-maps", "**Track ID:** maps"),),
        "**Tr",
    ),
    Case(
        "spec.gate-without-approval", SPEC, (("- [ ] Test plan", "- [x] Test plan"),), "- [x] Test"
    ),
    Case(
        "spec.approval-without-gate",
        SPEC,
        (("- [x] Spec approved", "- [ ] Spec approved"),),
        "- [ ] Sp",
    ),
    Case(
        "spec.waiver-not-allowed",
        SPEC,
        (("| Test plan review | [ ] |", "| Test plan review | N/A — no time |"),),
        "| QA",
    ),
    Case(
        "spec.waiver-without-reason",
        SPEC,
        (("| N/A — no new data leaves the phone |", "| N/A |"),),
        "| Security",
    ),
    Case(
        "spec.approval-stale",
        SPEC,
        (),
        "| Product Owner",
        facts={
            "approved_at": {"Product Owner": GRANTED},
            "changed_at": datetime(2025, 2, 5, tzinfo=UTC),
        },
    ),
    Case("spec.risk-score", SPEC, (("| 2 | 4 | 8 |", "| 2 | 4 | 7 |"),), "| Old tiles"),
    Case("spec.risk-range", SPEC, (("| 2 | 4 | 8 |", "| rare | 4 | 8 |"),), "| Old tiles"),
    Case(
        "spec.risk-unmitigated",
        SPEC,
        (("Say the size first, keep 500 MB free", "N/A"),),
        "| Phones",
    ),
    Case("spec.reference-missing", SPEC, ((" — [pending]", " — in use"),), "- **Tech"),
    Case("spec.reference-pending", SPEC, (), "- **Tech", facts={"exists": lambda path: True}),
    Case(
        "spec.question-open", SPEC, (("  - Answer: seven days (Marek, 2025-02-10)\n", ""),), "- How"
    ),
]
