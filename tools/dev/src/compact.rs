//! What makes a bound program smaller to download, and changes nothing else: short names for what it exchanges with its
//! module, and its functions in an order that compresses well. brotli finds again what it saw a short while ago, so a
//! function stands after the one that it is most like.

use std::collections::{BTreeMap, HashMap};

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ExportSection, FunctionSection, ImportSection, Module};
use wasmparser::{CodeSectionReader, Export, FunctionSectionReader, Import, Imports, Parser, Payload, TypeRef};

/// The same program, smaller. `names` are the short names by the long ones.
pub fn compact(wasm: &[u8], names: &BTreeMap<String, String>) -> Result<Vec<u8>, String> {
    let (imported, bodies) = functions(wasm).map_err(|why| format!("The program can't be read: {why}"))?;
    let order = chain(&bodies);
    let mut places = vec![0; order.len()];
    for (place, &function) in (0..).zip(&order) {
        places[function] = place;
    }
    let mut module = Module::new();
    Compact { names, imported, order, places }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|why| format!("The program can't be made smaller: {why}"))?;
    Ok(module.finish())
}

/// How many functions are imported, and the bytes of those that aren't.
fn functions(wasm: &[u8]) -> wasmparser::Result<(u32, Vec<&[u8]>)> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    Ok((imported, bodies))
}

/// What stands in more functions than this tells little of likeness, and takes long.
const SHARED_MAX: usize = 400;

/// Begins with the largest function; after each comes the one of the rest that has most in common with it.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let pieces: Vec<Vec<u32>> = bodies.iter().map(|body| pieces(body)).collect();
    let mut holders: HashMap<u32, Vec<usize>> = HashMap::new();
    for (function, piece) in
        pieces.iter().enumerate().flat_map(|(function, own)| own.iter().map(move |piece| (function, piece)))
    {
        holders.entry(*piece).or_default().push(function);
    }
    let mut placed = vec![false; bodies.len()];
    let mut order: Vec<usize> = Vec::with_capacity(bodies.len());
    let mut next = (0..bodies.len()).max_by_key(|&function| (bodies[function].len(), std::cmp::Reverse(function)));
    while let Some(current) = next {
        placed[current] = true;
        order.push(current);
        let mut common = vec![0.0; bodies.len()];
        for holders in pieces[current].iter().map(|piece| &holders[piece]).filter(|holders| holders.len() <= SHARED_MAX)
        {
            let weight = 1.0 / (1.0 + holders.len() as f64 / 50.0);
            holders.iter().for_each(|&function| common[function] += weight);
        }
        let likeness =
            |function: usize| common[function] / (pieces[function].len() + pieces[current].len() + 20) as f64;
        next = (0..bodies.len())
            .rev()
            .filter(|&function| !placed[function])
            .max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)));
    }
    order
}

/// All that a short function says, four bytes at a time, and the same quarter of what long ones say.
fn pieces(body: &[u8]) -> Vec<u32> {
    let all = body.windows(4).map(|bytes| bytes.iter().fold(0, |piece, byte| piece << 8 | u32::from(*byte)));
    let mut pieces: Vec<u32> =
        all.filter(|piece| body.len() < 80 || piece.wrapping_mul(0x9E37_79B1) >> 30 == 0).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

struct Compact<'a> {
    names: &'a BTreeMap<String, String>,
    imported: u32,
    /// The function at each place.
    order: Vec<usize>,
    /// The place of each function.
    places: Vec<u32>,
}

impl Compact<'_> {
    fn put<T>(&self, read: Vec<T>) -> Vec<T> {
        let mut read: Vec<Option<T>> = read.into_iter().map(Some).collect();
        self.order.iter().filter_map(|&function| read[function].take()).collect()
    }
}

impl Reencode for Compact<'_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        let own = function.checked_sub(self.imported);
        Ok(own.map_or(function, |own| self.imported + self.places[own as usize]))
    }

    fn parse_imports(&mut self, section: &mut ImportSection, imports: Imports<'_>) -> Result<(), Error<Self::Error>> {
        let Imports::Single(place, import) = imports else { return utils::parse_imports(self, section, imports) };
        let named = Import { name: self.names.get(import.name).map_or(import.name, String::as_str), ..import };
        utils::parse_imports(self, section, Imports::Single(place, named))
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Result<(), Error<Self::Error>> {
        let named = Export { name: self.names.get(export.name).map_or(export.name, String::as_str), ..export };
        utils::parse_export(self, exports, named)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let types = section.into_iter().collect::<wasmparser::Result<Vec<u32>>>()?;
        for of_function in self.put(types) {
            functions.function(self.type_index(of_function)?);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let bodies = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
        self.put(bodies).into_iter().try_for_each(|body| utils::parse_function_body(self, code, body))
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, EntityType, ExportKind, Function, RefType, TableSection, TableType,
        TypeSection,
    };
    use wasmparser::Operator;

    use super::*;

    /// One function is imported; the others return a number, twenty times the same way, and call the one before them.
    fn program(numbers: &[i64]) -> Vec<u8> {
        let (mut types, mut imports, mut functions) =
            (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        let (mut tables, mut exports, mut elements) =
            (TableSection::new(), ExportSection::new(), ElementSection::new());
        let mut code = CodeSection::new();
        types.ty().function([], []);
        imports.import("page", "call", EntityType::Function(0));
        let table =
            TableType { element_type: RefType::FUNCREF, table64: false, minimum: 9, maximum: None, shared: false };
        tables.table(table);
        for (index, number) in (1..).zip(numbers) {
            functions.function(0);
            exports.export(&format!("f{index}"), ExportKind::Func, index);
            let mut body = Function::new([]);
            body.instructions().call(index - 1);
            for _ in 0..20 {
                body.instructions().i64_const(*number).drop();
            }
            body.instructions().end();
            code.function(&body);
        }
        elements.active(
            None,
            &ConstExpr::i32_const(0),
            Elements::Functions((0..=numbers.len() as u32).collect::<Vec<_>>().into()),
        );
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&exports);
        module.section(&elements).section(&code);
        module.finish()
    }

    /// What is exported: its place, its name, the number that it returns, and that of the function that it calls.
    fn exported(wasm: &[u8]) -> Vec<(u32, String, i64, Option<i64>)> {
        let (imported, _) = functions(wasm).unwrap();
        let (mut said, mut exports) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm).map(Result::unwrap) {
            match payload {
                Payload::CodeSectionEntry(body) => {
                    let operators: Vec<_> =
                        body.get_operators_reader().unwrap().into_iter().map(Result::unwrap).collect();
                    let [Operator::Call { function_index }, Operator::I64Const { value }, ..] = operators[..] else {
                        panic!("another body: {operators:?}")
                    };
                    said.push((value, function_index));
                }
                Payload::ExportSection(section) => exports.extend(section.into_iter().map(Result::unwrap)),
                _ => {}
            }
        }
        let of = |function: u32| function.checked_sub(imported).map(|own| said[own as usize]);
        let told = |export: &Export<'_>| {
            let (number, called) = of(export.index).unwrap();
            (export.index, export.name.to_owned(), number, of(called).map(|(number, _)| number))
        };
        exports.iter().map(told).collect()
    }

    #[test]
    fn functions_that_are_alike_stand_together_and_names_and_calls_still_find_them() {
        let (a, b) = (1_234_567_890, 9_876_543_210);
        let wasm = program(&[a, b, a, b, a]);
        let names = BTreeMap::new();
        let ordered = compact(&wasm, &names).unwrap();
        let (before, mut after) = (exported(&wasm), exported(&ordered));
        let without_places = |exports: &[(u32, String, i64, Option<i64>)]| {
            exports.iter().cloned().map(|(_, name, number, called)| (name, number, called)).collect::<Vec<_>>()
        };
        assert_eq!(without_places(&after), without_places(&before));
        after.sort();
        let numbers: Vec<i64> = after.iter().map(|(_, _, number, _)| *number).collect();
        assert!(numbers == [a, a, a, b, b] || numbers == [b, b, a, a, a], "{numbers:?}");
        assert_eq!(compact(&wasm, &names).unwrap(), ordered, "the same program is ordered the same way");
    }

    #[test]
    fn names_are_shortened_on_both_sides_and_others_stay() {
        let names = [("call", "a"), ("f2", "b")].map(|(long, short)| (long.to_owned(), short.to_owned()));
        let short = compact(&program(&[1, 2, 3]), &names.into_iter().collect()).unwrap();
        let mut exports: Vec<String> = exported(&short).into_iter().map(|(_, name, ..)| name).collect();
        exports.sort();
        assert_eq!(exports, ["b", "f1", "f3"]);
        let imported = |payload| match payload {
            Payload::ImportSection(imports) => imports.into_imports().next(),
            _ => None,
        };
        let import = Parser::new(0).parse_all(&short).map(Result::unwrap).find_map(imported).unwrap().unwrap();
        assert_eq!((import.module, import.name), ("page", "a"));
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        assert!(compact(b"<!doctype html>", &BTreeMap::new()).is_err());
    }
}
