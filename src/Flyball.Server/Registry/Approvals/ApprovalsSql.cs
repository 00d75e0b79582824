using Flyball.Foundation;

namespace Flyball.Server.Registry;

internal static class ApprovalsSql
{
    public static Task AddAsync(Tx tx, Approval approval) => tx.ExecuteAsync(
        """
        insert into approvals (id, model, version, alias, approved, decided_by, comment, decided, event)
        values (@Id, @Model, @Version, @Alias, @approved, @By, @Comment, @decided, @Event)
        """,
        new { approval.Id, approval.Model, approval.Version, approval.Alias, approved = approval.Approved ? 1 : 0, approval.By, approval.Comment, decided = Micros.Of(approval.Decided), approval.Event });

    /// <summary>Newest first; ids ascend with time.</summary>
    public static Task<List<Approval>> ListAsync(Tx tx, string model, int version) =>
        tx.QueryAsync("select * from approvals where model = @model and version = @version order by decided desc, id desc", new { model, version }, Read);

    /// <summary>The decision that counts, or null.</summary>
    public static Task<Approval?> LatestAsync(Tx tx, string model, int version, string alias) =>
        tx.FirstAsync("select * from approvals where model = @model and version = @version and alias = @alias order by decided desc, id desc limit 1", new { model, version, alias }, Read);

    /// <summary>The protections that hold for a model: its own and those of all models.</summary>
    public static Task<List<ProtectedAlias>> ProtectedAsync(Tx tx, string? model) =>
        tx.QueryAsync("select * from protected_aliases where model in ('', @model) order by alias, model", new { model = model ?? "" }, ReadProtected);

    /// <summary>False where it is protected already.</summary>
    public static async Task<bool> ProtectAsync(Tx tx, ProtectedAlias alias) => await tx.ExecuteAsync(
        "insert into protected_aliases (model, alias, protected, protected_by) values (@model, @Alias, @since, @By) on conflict (model, alias) do nothing",
        new { model = alias.Model ?? "", alias.Alias, since = Micros.Of(alias.Since), alias.By }) == 1;

    public static async Task<bool> UnprotectAsync(Tx tx, string? model, string alias) =>
        await tx.ExecuteAsync("delete from protected_aliases where model = @model and alias = @alias", new { model = model ?? "", alias }) == 1;

    /// <summary>Lets what is protected under one name be protected under another too.</summary>
    public static Task CopyAsync(Tx tx, string from, string to) => tx.ExecuteAsync(
        "insert into protected_aliases (model, alias, protected, protected_by) select @to, alias, protected, protected_by from protected_aliases where model = @from on conflict (model, alias) do nothing", new { from, to });

    private static Approval Read(Row row) => new(
        row.Text("id"), row.Text("model"), row.Int("version"), row.Text("alias"), row.Int("approved") == 1, row.Text("decided_by"), row.Text("comment"), row.Time("decided"), row.Text("event"));

    private static ProtectedAlias ReadProtected(Row row) => new(row.Text("model") is { Length: > 0 } model ? model : null, row.Text("alias"), row.Time("protected"), row.Text("protected_by"));
}
