/* Where rows are looked up: until the answer to what is typed is there nothing can be chosen of what was asked for
   before, and Enter waits for it; an answer that does not come is told; the row that Enter would choose is read. */
(() => {
  const CHOOSABLE = "[aria-selected]";
  const HIGHLIGHTED = "select2-results__option--highlighted";

  document.addEventListener("bo:lookup", ({ target, detail: name }) => {
    const jquery = window.django.jQuery;
    const select2 = jquery(target).data("select2");
    const { dataAdapter: rows, $results: list, $selection: box } = select2;
    const field = select2.dropdown.$search ?? select2.selection.$search; // of several values it stands in the box
    let isAnswered = false; // what the field holds, by the rows of the list
    let hasFailed = false;
    let isEntered = false; // meanwhile

    list.attr("aria-label", name);
    field.attr("aria-label", name);
    // Once it is open, Select2 says of the box what it owns, not what it steers.
    select2.on("open", () => box.attr("aria-controls", box.attr("aria-owns")));

    const ask = () => select2.trigger("query", { term: field.val() });

    select2.on("query", () => {
      isAnswered = hasFailed = isEntered = false;
      list.scrollTop(0); // where it says that it searches
      list.find(CHOOSABLE).removeAttr("aria-selected").attr("aria-disabled", "true").removeClass(HIGHLIGHTED);
      for (const each of [field, box]) each.removeAttr("aria-activedescendant");
    });

    select2.on("results:all", ({ data, query }) => {
      if (!select2.isOpen()) return;
      if ((query.term ?? "") !== field.val()) return ask();
      const isMeant = isEntered && data.results.length === 1; // of several nobody has seen the first
      isAnswered = true;
      isEntered = false;
      if (isMeant) select2.trigger("results:select");
    });

    select2.on("results:select", () => {
      if (isAnswered) return;
      if (hasFailed) ask();
      isEntered = field.val() !== "";
    });

    // Select2 takes an answer that never comes for one that is not wanted any more.
    rows.ajaxOptions.transport = (asked, answer) => {
      const request = jquery.ajax({ ...asked, dataType: "json" });
      const fail = () => {
        isAnswered = isEntered = false;
        hasFailed = true;
        select2.trigger("results:message", { message: "errorLoading" });
      };
      request.then(
        (found) => {
          if (found.results) return answer(found);
          document.dispatchEvent(new Event("bo:not-answered")); // but led to the sign-in
          fail();
        },
        (_request, reason) => reason === "abort" || fail()
      );
      return request;
    };

    // It says which row is highlighted of those that have a name.
    rows.processResults = (answer) => {
      for (const row of answer.results) row._resultId = rows.generateResultId(select2, row);
      return answer;
    };
  });
})();
