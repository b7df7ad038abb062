package browser_test

import (
	"testing"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/internal/browser"
)

// BenchmarkScrollingAThousandRows scrolls up and down a list of a thousand
// conversations, some 60 rows a second, and tells how the frames came: how
// many a second, and after how long the slowest of twenty.
func BenchmarkScrollingAThousandRows(b *testing.B) {
	w := newWorld(b)
	for i := range 1000 {
		w.writes(number(i), "Customer "+number(i), handoff.Text("Good morning, where is my order?"))
	}
	ana := w.as("ana", "#/c")
	ana.Until("document.querySelector('.list__count').textContent.replace(/\\D/g, '') === '1000'")
	for b.Loop() {
		told := browser.Read[struct{ Rate, Slow float64 }](ana, `new Promise((done) => {
			const box = document.querySelector('[role=listbox]');
			const times = [];
			let step = 80;
			const next = (now) => {
				times.push(now);
				if (times.length > 300) {
					const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
					return done({ Rate: 1000 * gaps.length / (times.at(-1) - times[0]), Slow: gaps[Math.floor(gaps.length * 0.95)] });
				}
				if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) step = -80;
				if (box.scrollTop === 0) step = 80;
				box.scrollTop += step;
				requestAnimationFrame(next);
			};
			requestAnimationFrame(next);
		})`)
		b.ReportMetric(told.Rate, "frames/s")
		b.ReportMetric(told.Slow, "p95-ms")
	}
}
