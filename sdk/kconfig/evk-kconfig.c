// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks a kernel tree's own Kconfig parser why symbols have the values they have.
 *
 * It is linked with the objects that the tree built for its "conf", and keeps
 * to what these have offered unchanged since 6.1: no hash table of symbols, no
 * list of choice members, no structure that is not walked the same way there.
 *
 * usage: evk-kconfig <Kconfig> <.config> <output>
 *
 * Standard input has a line "NAME VALUE" for each symbol, without CONFIG_. The
 * output has for each a line of fields separated by tabs:
 *
 *	symbol NAME TYPE VALUE VISIBILITY UNMET SELECTED CHOSEN
 *
 * where TYPE is "unknown" for a symbol that no Kconfig file defines, UNMET has
 * the parts of its dependencies that keep it below VALUE, SELECTED what selects
 * it, and CHOSEN the member of its choice that is set in its stead. If any is
 * unknown, "name NAME" follows for each symbol that there is.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lkc.h"

static const char *tristate_name(tristate value)
{
	return value == yes ? "y" : value == mod ? "m" : "n";
}

static struct menu *next_menu(struct menu *menu)
{
	if (menu->list)
		return menu->list;
	while (menu && !menu->next)
		menu = menu->parent;
	return menu ? menu->next : NULL;
}

static struct menu *menu_of(const struct symbol *sym)
{
	struct menu *menu;

	for (menu = &rootmenu; menu; menu = next_menu(menu))
		if (menu->sym == sym)
			return menu;
	return NULL;
}

static int has_item(const char *list, const char *item)
{
	const char *at = list;
	size_t length = strlen(item);

	while ((at = strstr(at, item))) {
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ';'))
			return 1;
		at++;
	}
	return 0;
}

static void append(struct gstr *list, struct expr *expr)
{
	struct gstr text = str_new();

	expr_gstr_print(expr, &text);
	/* Two prompts, or a prompt and its menu, often depend on the same. */
	if (!has_item(str_get(list), str_get(&text))) {
		if (*str_get(list))
			str_append(list, "; ");
		str_append(list, str_get(&text));
	}
	str_free(&text);
}

static void append_unmet(struct gstr *list, struct expr *expr, tristate wanted)
{
	if (!expr || expr_calc_value(expr) >= wanted)
		return;
	if (expr->type == E_AND) {
		append_unmet(list, expr->left.expr, wanted);
		append_unmet(list, expr->right.expr, wanted);
		return;
	}
	append(list, expr);
}

static void append_met(struct gstr *list, struct expr *expr)
{
	if (!expr || expr_calc_value(expr) == no)
		return;
	if (expr->type == E_OR) {
		append_met(list, expr->left.expr);
		append_met(list, expr->right.expr);
		return;
	}
	append(list, expr);
}

static const char *chosen_instead(const struct symbol *sym)
{
	struct menu *choice = menu_of(sym);
	struct menu *menu;

	while (choice && !(choice->sym && sym_is_choice(choice->sym)))
		choice = choice->parent;
	if (!choice)
		return "";
	for (menu = choice->list; menu && menu != choice->next; menu = next_menu(menu)) {
		if (!menu->sym || menu->sym == sym || !menu->sym->name ||
		    !sym_is_choice_value(menu->sym))
			continue;
		sym_calc_value(menu->sym);
		if (sym_get_tristate_value(menu->sym) == yes)
			return menu->sym->name;
	}
	return "";
}

static void print_symbol(FILE *out, const char *name, const char *value)
{
	tristate wanted = strcmp(value, "m") ? yes : mod;
	struct gstr selected = str_new();
	struct gstr unmet = str_new();
	struct symbol *sym = sym_find(name);
	struct property *prop;
	int prompts = 0;

	if (!sym || sym->type == S_UNKNOWN) {
		fprintf(out, "symbol\t%s\tunknown\t\tn\t\t\t\n", name);
		goto free;
	}

	sym_calc_value(sym);
	/* A menuconfig's prompt is a P_MENU, any other a P_PROMPT. */
	for_all_prompts(sym, prop) {
		prompts++;
		append_unmet(&unmet, prop->visible.expr, wanted);
	}
	if (!prompts)
		append_unmet(&unmet, sym->dir_dep.expr, wanted);
	if (wanted == mod && modules_sym && modules_sym != sym) {
		sym_calc_value(modules_sym);
		if (sym_get_tristate_value(modules_sym) == no)
			str_append(&unmet, *str_get(&unmet) ? "; MODULES [=n]" : "MODULES [=n]");
	}
	append_met(&selected, sym->rev_dep.expr);

	fprintf(out, "symbol\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name,
		sym_type_name(sym->type), sym_get_string_value(sym),
		prompts ? tristate_name(sym->visible) : "none",
		str_get(&unmet), str_get(&selected),
		sym_is_choice_value(sym) ? chosen_instead(sym) : "");
free:
	str_free(&unmet);
	str_free(&selected);
}

static void print_names(FILE *out)
{
	struct menu *menu;

	for (menu = &rootmenu; menu; menu = next_menu(menu))
		if (menu->sym && menu->sym->name)
			fprintf(out, "name\t%s\n", menu->sym->name);
}

static void be_silent(const char *text)
{
	(void)text;
}

int main(int argc, char **argv)
{
	char name[512], value[16];
	struct symbol *sym;
	int unknown = 0;
	FILE *out;

	if (argc != 4) {
		fprintf(stderr, "usage: evk-kconfig <Kconfig> <.config> <output>\n");
		return 2;
	}

	/* "conf" has told its warnings already. */
	conf_set_message_callback(be_silent);
	conf_parse(argv[1]);
	if (conf_read(argv[2])) {
		fprintf(stderr, "evk-kconfig: %s cannot be read\n", argv[2]);
		return 1;
	}

	out = fopen(argv[3], "w");
	if (!out) {
		perror(argv[3]);
		return 1;
	}

	while (scanf("%511s %15s%*[^\n]", name, value) == 2) {
		print_symbol(out, name, value);
		sym = sym_find(name);
		unknown |= !sym || sym->type == S_UNKNOWN;
	}
	if (unknown)
		print_names(out);
	if (fclose(out)) {
		perror(argv[3]);
		return 1;
	}
	return 0;
}
