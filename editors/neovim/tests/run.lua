-- Runs the specs by busted, inside of Neovim: nvim --clean -l tests/run.lua [busted's own arguments]

local here = vim.fs.dirname(vim.uv.fs_realpath(arg[0]))
package.path = table.concat({
  vim.fs.joinpath(here, '?.lua'),
  '/usr/share/lua/5.1/?.lua',
  '/usr/share/lua/5.1/?/init.lua',
  package.path,
}, ';')
for _, folder in ipairs(vim.fn.glob('/usr/lib/*/lua/5.1', true, true)) do
  package.cpath = folder .. '/?.so;' .. package.cpath
end
vim.opt.runtimepath:prepend(vim.fs.dirname(here))

local has_spec = vim.iter(ipairs(arg)):any(function(_, argument)
  return argument:match('_spec%.lua$') ~= nil
end)
if not has_spec then
  table.insert(arg, vim.fs.joinpath(here, 'spec'))
end
table.insert(arg, '--output=' .. vim.fs.joinpath(here, 'support', 'report.lua'))
table.insert(arg, '--pattern=_spec%.lua$')
require('busted.runner')({ standalone = false })
