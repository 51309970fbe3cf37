"""What can be found about the answers to one question.

No sentence has a place for an answer: only for labels of closed questions that no choice fits.
"""

from collections.abc import Mapping
from types import MappingProxyType

from portal.catalogue.intake_severity import ERROR, INFO, N_, WARNING, Severity

OF_ANSWERS: Mapping[str, tuple[Severity, str]] = MappingProxyType(
    {
        "many_unknown_codes": (
            ERROR,
            N_(
                "%(variable)s: %(count)d answers are not among its choices, too many to be slips: %(labels)s. "
                "Map them, or add them to the codebook."
            ),
        ),
        "unknown_codes": (
            WARNING,
            N_(
                "%(variable)s: %(count)d answers are not among its choices: %(labels)s. "
                "They are left out unless you map them or add them to the codebook."
            ),
        ),
        "ambiguous_labels": (
            ERROR,
            N_("%(variable)s: %(count)d answers fit more than one choice: %(labels)s. Use codes, or map them."),
        ),
        "spelling_variants": (
            INFO,
            N_("%(variable)s: %(count)d answers were spelt in a known other way and read as the choice."),
        ),
        "mapped_by_steward": (
            INFO,
            N_("%(variable)s: %(count)d answers were read as a steward had mapped them."),
        ),
        "na_marker": (
            INFO,
            N_('%(variable)s: %(count)d cells hold "n/a", the server\'s mark for a skipped question.'),
        ),
        "parent_children_differ": (
            WARNING,
            N_("%(variable)s: on %(count)d rows the list of choices differs from the choice columns, which count."),
        ),
        "missing_beside_choices": (
            WARNING,
            N_('%(variable)s: %(count)d answers hold choices beside "don\'t know" or "refused": the choices count.'),
        ),
        "none_beside_choices": (
            WARNING,
            N_('%(variable)s: %(count)d answers hold "none" beside other choices.'),
        ),
        "unreadable_numbers": (
            WARNING,
            N_("%(variable)s: %(count)d cells are not numbers, first on rows %(rows)s; they are left out."),
        ),
        "ambiguous_numbers": (
            WARNING,
            N_(
                "%(variable)s: %(count)d numbers can be read with a decimal or a thousands comma, first "
                "on rows %(rows)s; they are left out."
            ),
        ),
        "decimal_commas": (INFO, N_("%(variable)s: %(count)d numbers have a decimal comma.")),
        "not_whole": (
            WARNING,
            N_("%(variable)s: %(count)d numbers are not whole, first on rows %(rows)s."),
        ),
        "out_of_range": (
            WARNING,
            N_(
                "%(variable)s: %(count)d values lie outside %(low)s to %(high)s, first on rows %(rows)s; they are kept."
            ),
        ),
        "unreadable_dates": (
            WARNING,
            N_("%(variable)s: %(count)d cells are not dates, first on rows %(rows)s; they are left out."),
        ),
        "ambiguous_dates": (
            WARNING,
            N_(
                "%(variable)s: %(count)d dates can be read day first or month first, first on rows "
                "%(rows)s; they are left out."
            ),
        ),
        "unusable_interview_dates": (
            ERROR,
            N_(
                "%(count)d interviews have no usable date, first on rows %(rows)s: correct them, the "
                "responsible region depends on it."
            ),
        ),
        "day_month_swapped": (
            WARNING,
            N_("%(variable)s: %(count)d dates have day and month in unusual order, with one possible reading."),
        ),
        "day_month_suspected": (
            WARNING,
            N_(
                "%(variable)s: %(count)d dates equal the interview's start with day and month swapped, "
                "first on rows %(rows)s; they are kept as they are."
            ),
        ),
        "dates_settled": (
            INFO,
            N_("%(variable)s: %(count)d dates could be read two ways; the interview's start decides."),
        ),
        "areas_settled": (
            INFO,
            N_("%(variable)s: %(count)d areas share their name with another; the country beside them decides."),
        ),
        "dates_disagree": (
            WARNING,
            N_("%(variable)s: %(count)d dates lie more than %(limit)d days from the interview's start."),
        ),
        "excel_serial_dates": (INFO, N_("%(variable)s: %(count)d dates are Excel day numbers.")),
        "future_dates": (
            WARNING,
            N_("%(variable)s: %(count)d dates lie in the future, first on rows %(rows)s."),
        ),
        "answered_outside_version": (
            WARNING,
            N_("%(variable)s: %(count)d answers in an instrument version that did not ask the question."),
        ),
        "unknown_version": (
            ERROR,
            N_("%(count)d rows name no instrument version, so skipped and never asked cannot be told apart."),
        ),
        "formula_like": (
            INFO,
            N_("%(variable)s: %(count)d texts begin like a spreadsheet formula; they are never executed."),
        ),
        "derived_differs": (
            WARNING,
            N_("%(variable)s: %(count)d given values differ from what the portal computes; the computed count."),
        ),
        "derived_added": (INFO, N_("%(variable)s: computed, because the file does not hold it.")),
        "country_without_region": (
            WARNING,
            N_("%(count)d interviews are in a country without a region: the global coordinator decides."),
        ),
        "admin1_elsewhere": (
            WARNING,
            N_("%(variable)s: %(count)d areas do not lie in the country given beside them."),
        ),
    }
)
