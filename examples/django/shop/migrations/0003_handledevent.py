from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0002_order_reminder'),
    ]

    operations = [
        migrations.CreateModel(
            name='HandledEvent',
            fields=[
                ('id', models.CharField(max_length=40, primary_key=True, serialize=False)),
            ],
        ),
    ]
