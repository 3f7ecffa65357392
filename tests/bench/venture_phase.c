/* The venture phase in C99: what the compiled rules of agents/venture.py are measured against.

   Function by function and in the same order as the rule files, to be read beside them. The structures, the constants and the struct
   world come from "records.h", which port.py writes from the records and modules themselves, so that they cannot drift. On the same
   tables this leaves the same bytes as the rules do, if the compiler is told not to fuse products and sums (-ffp-contract=off). */

#include <math.h>
#include <stdint.h>

#include "records.h"

#define RULE static inline
#define MIN(a, b) ((b) < (a) ? (b) : (a))
#define MAX(a, b) ((b) > (a) ? (b) : (a))

/* --- agents/draws.py ------------------------------------------------------------------------------------------------------------- */

RULE uint64_t high_product(uint64_t a, uint64_t b)
{
    return (uint64_t)(((unsigned __int128)a * b) >> 64);
}

typedef struct { uint64_t word[4]; } block_of_words;

RULE block_of_words block(uint64_t seed, uint64_t now, uint64_t who, uint64_t decision, uint64_t other)
{
    uint64_t a = decision + 1, b = now, c = who, d = other;
    uint64_t key_0 = seed, key_1 = SALT;
    for (int round = 0; round < 10; round++) {
        uint64_t high_a = high_product(MULTIPLY_0, a);
        uint64_t low_a = MULTIPLY_0 * a;
        uint64_t high_c = high_product(MULTIPLY_1, c);
        uint64_t low_c = MULTIPLY_1 * c;
        a = high_c ^ b ^ key_0;
        b = low_c;
        c = high_a ^ d ^ key_1;
        d = low_a;
        key_0 += STEP_0;
        key_1 += STEP_1;
    }
    return (block_of_words){{a, b, c, d}};
}

RULE double unit(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 2.220446049250313e-16;
}

typedef struct { double u[4]; } four;

RULE four uniforms4(uint64_t seed, uint64_t now, uint64_t who, uint64_t decision)
{
    block_of_words b = block(seed, now, who, decision, 0);
    return (four){{unit(b.word[0]), unit(b.word[1]), unit(b.word[2]), unit(b.word[3])}};
}

RULE double normal_quantile(double u)
{
    double q = u - 0.5, r, size;
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        return (
            q
            * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
                   + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
                + 133.14166789178437745) * r + 3.387132872796366608)
            / (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
                   + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
                + 42.313330701600911252) * r + 1.0)
        );
    }
    r = q < 0.0 ? u : 1.0 - u;
    r = sqrt(-log(r));
    if (r <= 5.0) {
        r = r - 1.6;
        size = (
            (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                 + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
              + 4.6303378461565452959) * r + 1.42343711074968357734)
            / (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                    + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
                  + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                + 2.05319162663775882187) * r + 1.0)
        );
    } else {
        r = r - 5.0;
        size = (
            (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                  + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
                + 0.29656057182850489123) * r + 1.7848265399172913358) * r
              + 5.4637849111641143699) * r + 6.6579046435011037772)
            / (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                    + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
                  + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
                + 0.59983220655588793769) * r + 1.0)
        );
    }
    return q < 0.0 ? -size : size;
}

RULE double exponential_quantile(double u)
{
    return -log(1.0 - u);
}

/* --- agents/money.py ------------------------------------------------------------------------------------------------------------- */

static int refused = 0; /* where the rule raises an error */

RULE void pay(int64_t *payer, int64_t *payee, int64_t amount)
{
    if (amount < 0) {
        refused = 1;
        return;
    }
    *payer -= amount;
    *payee += amount;
}

RULE int64_t fen(double amount)
{
    return (int64_t)floor(amount + 0.5);
}

/* --- agents/accounts.py ---------------------------------------------------------------------------------------------------------- */

RULE void write_log(struct clock *clock, struct event *events, int64_t room, int64_t what, int64_t who, int64_t whom, int64_t amount)
{
    if (clock->recording == 1) {
        int64_t n = clock->n_events;
        clock->n_events += 1;
        if (n < room) {
            struct event *line = &events[n];
            line->tick = (int32_t)clock->now;
            line->what = (int32_t)what;
            line->who = (int32_t)who;
            line->whom = (int32_t)whom;
            line->amount = amount;
            line->shares = 0;
        }
    }
}

/* --- agents/venture.py ----------------------------------------------------------------------------------------------------------- */

RULE double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

RULE double feasibility(const struct parameters *p, int64_t form, int64_t link, double quality)
{
    return logistic(p->venture_feasibility[form][link] + p->venture_quality_weight * quality);
}

RULE double arrival_rate(const struct parameters *p, int64_t form, int64_t sector, int64_t link)
{
    return p->venture_speed[form][link] * p->sector_speed[sector];
}

RULE double planned_burn(const struct parameters *p, int64_t form, int64_t sector, int64_t link)
{
    return p->venture_burn[form][link] * p->sector_burn[sector];
}

RULE double effort_bought(double spending, double burn)
{
    double ratio = spending / burn;
    if (ratio > 1.0)
        return sqrt(ratio);
    return ratio;
}

RULE void plan_a_year(struct venture *v, const struct parameters *p)
{
    double burn = v->link < IN_MARKET ? planned_burn(p, v->form, v->sector, v->link) : p->venture_lean_burn;
    double pace = (double)v->cash / p->venture_plan;
    pace = MAX(pace, p->venture_lean_burn);
    v->pace = MIN(pace, burn * p->venture_flood_limit);
}

RULE void open_milestone(struct venture *v, const struct parameters *p, uint64_t seed)
{
    four luck = uniforms4(seed, (uint64_t)v->link, v->key, MILESTONE_LUCK);
    v->feasible = luck.u[0] < feasibility(p, v->form, v->link, v->quality) ? 1 : 0;
    v->needed = exponential_quantile(luck.u[1]) / arrival_rate(p, v->form, v->sector, v->link);
    v->seen = luck.u[2] < p->venture_inspection ? 1 : 0;
    v->effort = 0.0;
}

RULE void enter_market(struct venture *v, const struct parameters *p, const struct prospects *t, uint64_t seed, int64_t now, double wave)
{
    double kappa = p->venture_market_fit;
    double luck = normal_quantile(uniforms4(seed, 0, v->key, MARKET_LUCK).u[0]);
    double z = kappa * v->quality + sqrt(1.0 - kappa * kappa) * luck;
    double size = p->venture_market_size[v->form] + p->sector_market[v->sector] + p->venture_market_spread[v->form] * z;
    v->revenue = p->venture_first_revenue * exp(size) * wave;
    v->mark = v->revenue;
    v->status = SELLING;
    v->market_entry = (int32_t)now;
    v->value = v->revenue * t->multiple[v->form][v->sector][0] + (double)v->cash;
}

RULE void reach_milestone(struct venture *v, const struct parameters *p, const struct prospects *t, uint64_t seed, int64_t now, double wave)
{
    v->link += 1;
    v->milestones += 1;
    v->last_milestone = (int32_t)now;
    v->abandoned = -1;
    v->idle = 0;
    v->speed_gain = 0.0;
    if (v->link == IN_MARKET) {
        enter_market(v, p, t, seed, now, wave);
    } else {
        open_milestone(v, p, seed);
        plan_a_year(v, p);
    }
}

RULE void shut_down(struct venture *v, int64_t now, int32_t why)
{
    v->status = SHUT;
    v->ended = (int32_t)now;
    if (v->ending != CALLED_IN)
        v->ending = why;
    v->seeking = 0;
    v->asks = 0;
}

RULE void develop(struct venture *v, struct world *w, int64_t i, const struct parameters *p, uint64_t seed, int64_t now)
{
    double spending, effort;
    if ((double)v->cash >= p->venture_lean_burn) {
        spending = MIN(v->pace, (double)v->cash);
        pay(&v->cash, &w->accounts[HOUSEHOLDS].cash, fen(spending));
        effort = effort_bought(spending, planned_burn(p, v->form, v->sector, v->link));
    } else {
        spending = 0.0;
        effort = 0.0;
        if (v->support < 1.0)
            shut_down(v, now, OUT_OF_MONEY);
        v->support -= 1.0;
    }
    v->effort += MAX(effort, p->venture_subsistence_effort) * (1.0 + v->speed_gain);
    double paid_heads = spending * 4.0 / p->venture_cost_per_head;
    v->jobs = MAX((double)v->team, paid_heads);
    if (v->status == BUILDING && v->feasible == 1 && v->effort >= v->needed) {
        reach_milestone(v, p, &w->tables[0], seed, now, w->cities[v->city].wave[v->sector]);
        write_log(&w->clock[0], w->events, w->room_for_events, MILESTONE, i, -1, v->link);
        if (v->status == SELLING)
            write_log(&w->clock[0], w->events, w->room_for_events, MARKET_ENTRY, i, -1, fen(v->revenue));
    }
}

RULE double growth_rate(const struct parameters *p, int64_t form, double age)
{
    return p->venture_growth_early[form] * exp(-age / p->venture_growth_fade[form]) + p->venture_growth_late;
}

RULE double margin_at(const struct parameters *p, int64_t form, double age)
{
    return p->venture_margin_mature
           - (p->venture_margin_mature - p->venture_margin_start[form]) * exp(-age / p->venture_margin_fade[form]);
}

RULE void sell(struct venture *v, struct world *w, const struct parameters *p, uint64_t seed, int64_t now)
{
    four luck = uniforms4(seed, (uint64_t)now, v->key, SALES_LUCK);
    int64_t age = now - v->market_entry - 1;
    double margin = margin_at(p, v->form, (double)age);
    double drift = growth_rate(p, v->form, (double)age);
    double sales = 0.25 * v->revenue;
    v->starved = 0;
    if (margin < 0.0 && (double)v->cash < -margin * sales) {
        margin = 0.0;
        drift -= p->venture_starved_drag;
        v->starved = 1;
    }
    int64_t profit = fen(margin * sales);
    int64_t tax = profit > 0 ? fen(p->city_tax * margin * sales) : 0;
    pay(&w->accounts[CUSTOMERS].cash, &v->cash, fen(sales));
    pay(&v->cash, &w->accounts[HOUSEHOLDS].cash, fen(sales) - profit);
    pay(&v->cash, &w->accounts[TREASURY].cash, tax);
    w->clock[0].tax += tax;
    w->cities[v->city].tax += tax;
    w->cities[v->city].sales += fen(sales);
    v->profit_now += profit - tax;
    if ((age + 1) % 4 == 0) {
        v->profit[0] = v->profit[1];
        v->profit[1] = v->profit[2];
        v->profit[2] = v->profit_now;
        v->profit_now = 0;
    }
    double paid_heads = v->revenue * (1.0 - margin) / p->venture_cost_per_head;
    v->jobs = MAX((double)v->team, paid_heads);
    v->revenue = fmin(v->revenue * exp(drift + p->venture_growth_noise * normal_quantile(luck.u[0])), p->venture_largest_sales);
    v->exit_luck = luck.u[2];
    v->listing_luck = luck.u[3];
    if (v->revenue >= 2.0 * v->mark) {
        v->mark = v->revenue;
        v->last_milestone = (int32_t)now;
        v->milestones += 1;
        v->abandoned = -1;
    }
    if (0.25 * v->revenue < p->venture_lean_burn && (double)v->cash < p->venture_lean_burn) {
        if (v->support < 1.0)
            shut_down(v, now, OUT_OF_MONEY);
        v->support -= 1.0;
    }
    if (luck.u[1] < p->sector_closure[v->sector])
        shut_down(v, now, MARKET_FAILED);
}

RULE void work_a_quarter(struct world *w, int64_t i)
{
    struct venture *v = &w->ventures[i];
    struct clock *clock = &w->clock[0];
    const struct parameters *p = &w->p[0];
    if (v->status == BUILDING)
        develop(v, w, i, p, clock->seed, clock->now);
    else if (v->status == SELLING || v->status == PUBLIC)
        sell(v, w, p, clock->seed, clock->now);
}

/* --- model/schedule.py: phase 5, a number of quarters in a row -------------------------------------------------------------------- */

RULE void ventures(struct world *w)
{
    for (int32_t n = 0; n < w->clock[0].n_live; n++)
        work_a_quarter(w, w->live[n]);
}

/* Returns 1 if a rule would have raised an error. */
int work_quarters(struct world *w, int64_t quarters)
{
    refused = 0;
    for (int64_t quarter = 0; quarter < quarters; quarter++) {
        ventures(w);
        w->clock[0].now += 1;
    }
    return refused;
}

/* How long numbers take: the sum keeps the compiler from leaving them out. */
double draw_blocks(uint64_t seed, int64_t blocks)
{
    double sum = 0.0;
    for (int64_t n = 0; n < blocks; n++)
        sum += uniforms4(seed, 0, (uint64_t)n, MILESTONE_LUCK).u[0];
    return sum;
}
