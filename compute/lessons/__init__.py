r"""Lessons: what a document says to a learner, step by step, and what it asks them to do. Plain data, no script.

A document has at most one lesson, its field ``lesson``. This is a whole one, of two steps:

    "lesson": {
     "id": "my_first",
     "title": "A slope by hand",
     "about": "Where a gradient comes from, in five minutes.",
     "steps": [
      {
       "id": "see",
       "text": [
        "The wire from **x** carries its value, {value x}, and $g = x^2$ is {value g} now.",
        "Ask where the gradient at x comes from: click the number behind ∂ on its wire."
       ],
       "point": {"focus": "gradient g.x"},
       "do": {"kind": "focus", "what": "gradient x"},
       "hint": "It is the orange number on the wire between x and g.",
       "done": "The inspector says why: $2x$ times what came back to g."
      },
      {
       "id": "change",
       "text": "Give x another value, with a square above 9, and train three steps from there. The loss is {loss}.",
       "point": [{"record": "x"}, {"action": "step_batch"}],
       "do": {"kind": "all", "of": [
        {"kind": "number", "what": "value g", "above": 9},
        {"kind": "trained", "steps": 3}
       ]}
      }
     ]
    }

**A step** has ``text`` and may have the rest. ``id``: by which it is remembered that it was done, so leave it when
steps are reordered; one without is called ``step1``, ``step2``, … by its place.

``text``, ``hint`` (shown when asked for) and ``done`` (shown once it is done) are paragraphs: one text, or a list of
them. In them stand ``**bold**``, formulas between ``$`` (alone on a line between ``$$``), as in notes, and live numbers
in braces. A brace that is no live number stands as it is written, and formulas keep theirs.

**Live numbers** (``compute.lessons.readout``) are read from what the window shows, again and again while it trains:

==========================================  ==========================================================================
``{value z}``                               what node z gives; ``{value L.b}``: what comes in at port b of L
``{gradient x}``                            ∂L/∂x; ``{gradient L.b}``: what comes back through the wire into port b of L
``{weight h.weight[0,1]}``                  one entry of a weight; of a parameter node the node alone: ``{weight x}``
``{gradient h.weight[0,1]}``                ∂L/∂ of it
``{value a[sample,0]}``                     ``sample`` in an entry: the sample that is chosen
``{shape X}``                               ``(B, 2)``; of a weight too: ``{shape h.weight}``
``{setting h.units}``                       a setting of a node (``off`` and ``title`` too), of the training
                                            (``training.epochs``), its optimizer
                                            (``training.optimizer.learning_rate``) or the data (``data.name``)
``{loss}``                                  of the batch on show; ``{mean loss}``: of the epoch; ``{validation loss}``
``{accuracy}``                              in per cent; any other metric by its name: ``{mean absolute error}``
``{epoch}``, ``{step}``                     whole epochs and updates done
``{batch}``, ``{sample}``                   which batch and which of its rows is shown
==========================================  ==========================================================================

An entry counts from 0. Without one, up to twelve numbers stand as they are, and more as mean ± spread.

**point** is one thing or a list: ``{"focus": "gradient L.b"}`` (a number, as in braces), ``{"record": "x"}`` (a node, a
frame, a note; a wire as ``["L", "b"]``, the port that it feeds), ``{"action": "train"}`` (as in ``editor/actions``),
``{"panel": "inspector"}`` (as in ``editor/panel_list.py``).

**do** is a condition on what there is, however it came about; without one the step is read. Its kinds are declared in
``compute/lessons/conditions``, each with its parameters:

- of the graph: ``node`` (op, count, id), ``wire`` (from, to, port), ``setting`` (what, is, within), ``shape``
  (what, is), ``no problems``;
- of numbers: ``number`` (what, above, below, is, within), ``changed`` (what), ``trained`` (steps);
- of the window: ``focus`` (what), ``selected`` (record), ``walk`` (phase, node, by, end, asks), ``answered`` (count),
  ``shown`` (panel, tab), ``sample`` (row), ``batch`` (number), ``saved``, ``exported``;
- of others, which stand in ``of``: ``all``, ``any``, ``not``, and ``since``: they hold, and did not at some moment
  since the step began.

What this version does not know is kept, and the lesson says so; a step whose condition is not understood is read.
``compute.lessons.problems`` lists what is wrong with a lesson; the gallery's are tested to have nothing.
"""
